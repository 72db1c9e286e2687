"""Topics by a pattern: all under it that have a contract, also those that come up while the sink runs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from conditions import wait_until
from landing_bench import Bench, party

from contracts import contract_for
from local.topics import ensure_topics
from sinks import Event, SinkConfig, Step, run, run_until_caught_up
from sinks.errors import SinkMisconfigured

NewTopic = Callable[..., str]
Catalog = tuple[str, Path]


def test_what_comes_up_under_a_pattern_lands(kafka: str, new_topic: NewTopic, catalog: Catalog) -> None:
    bench = Bench(kafka, new_topic, catalog)
    # With a digit first, which no table's name may have.
    mark = f"1{uuid.uuid4().hex[:8]}"
    first, second, strange, outside = f"{mark}.first", f"{mark}.second", f"{mark}.strange", f"x{mark}.first"
    contracts = {
        topic: contract_for("bank.parties").model_copy(update={"topic": topic}) for topic in (first, second, outside)
    }
    benches = {topic: Bench(kafka, lambda *_, name=topic: _made(kafka, name), catalog) for topic in (first, outside)}
    benches[first].send(party(number) for number in range(100))
    benches[outside].send([party(0)])
    config = bench.config(topics=(rf"^{mark}\..*",), watch_seconds=0.2)
    events: list[Event] = []
    stop = threading.Event()
    failures: list[BaseException] = []

    def land() -> None:
        try:
            run(config, bench.settings, stop, observe=events.append, contracts=contracts)
        except BaseException as error:
            failures.append(error)

    def landed(topic: str) -> int:
        return sum(
            event.counts[topic].rows for event in list(events) if event.step is Step.COMMITTED and topic in event.counts
        )

    sink = threading.Thread(target=land)
    sink.start()
    try:
        wait_until(lambda: failures or landed(first) == 100, "what is there at the start lands")
        for topic in (second, strange):
            benches[topic] = Bench(kafka, lambda *_, name=topic: _made(kafka, name), catalog)
            benches[topic].send(party(number) for number in range(50))
        wait_until(lambda: failures or landed(second) == 50, "a topic that came up lands, without a restart")
        benches[first].send(party(number) for number in range(100, 150))
        wait_until(lambda: failures or landed(first) == 150, "and the first one lands on")
        wait_until(lambda: failures or any(event.step is Step.IGNORED for event in list(events)), "the other is named")
    finally:
        stop.set()
        sink.join()
    assert not failures
    ignored = [event for event in events if event.step is Step.IGNORED]
    assert [(list(event.counts), event.detail) for event in ignored] == [([strange], "it has no contract")]
    assert landed(outside) == 0
    benches[first].proves_exact(rows=150)
    benches[second].proves_exact(rows=50)

    # The next run finds all of them at its start; a name may stand beside a pattern. The group, in which it has a fixed
    # place, gives it the topic that it did not read before.
    result = run_until_caught_up(
        bench.config(topics=(rf"{mark}\.(first|second)", outside)), bench.settings, contracts=contracts
    )
    assert {topic: each.counts.rows for topic, each in result.topics.items()} == {first: 0, second: 0, outside: 1}


def test_a_pattern_that_matches_nothing_is_refused(kafka: str, new_topic: NewTopic, catalog: Catalog) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with pytest.raises(SinkMisconfigured, match=r"under the pattern 'nothing\.\*'; it has none at all"):
        bench.land(topics=("nothing.*",))
    ensure_topics(kafka, {f"{bench.topic}.bare": 1})
    with pytest.raises(SinkMisconfigured, match="without a contract"):
        bench.land(topics=(rf"{bench.topic}\.bar.",))


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(SinkMisconfigured, match=r"topics: .*'bank\.\(' is neither a topic's name nor a regular"):
        SinkConfig.parse({"topics": ("bank.(",)})


def _made(kafka: str, topic: str) -> str:
    ensure_topics(kafka, {topic: 1})
    return topic
