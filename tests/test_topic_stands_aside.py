"""A topic that cannot go on stands aside: what of it is under way is dropped, and the other topics land on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conditions import wait_until
from kafka_topics import delete_records, delete_topics
from landing_bench import Bench, party
from scraping import watched

from contracts import Contract
from local.topics import ensure_topics
from sinks import Event, LandingResult, SinkConfig, Step, accept_gap, run, run_until_caught_up
from sinks.decoding.decoder import Decoded
from sinks.decoding.json_decoder import JsonDecoder
from sinks.errors import (
    DecodingFailed,
    OffsetsLost,
    SchemaIncompatible,
    SchemaUnavailable,
    TopicMissing,
    TopicRecreated,
    TopicsStopped,
    TopicWaits,
)
from sinks.payloads import Payloads

NewTopic = Callable[..., str]
Catalog = tuple[str, Path]


@dataclass
class Pair:
    """Two topics of one lake: one to be broken, one that has to go on."""

    broken: Bench
    sound: Bench

    @property
    def contracts(self) -> dict[str, Contract]:
        return self.broken.contracts | self.sound.contracts

    def config(self, **changed: Any) -> SinkConfig:
        return self.sound.config(topics=tuple(self.contracts), **changed)

    def land(self, **more: Any) -> LandingResult:
        observe = more.pop("observe", lambda _: None)
        return run_until_caught_up(self.config(**more), self.sound.settings, observe=observe, contracts=self.contracts)

    @contextmanager
    def running(self, **changed: Any) -> Iterator[Running]:
        """A sink of both topics beside the test, until the block is left."""
        sink = Running()

        def land() -> None:
            try:
                sink.result = run(
                    self.config(**changed),
                    self.sound.settings,
                    sink.stop,
                    observe=sink.events.append,
                    contracts=self.contracts,
                )
            except Exception as error:
                sink.error = error

        thread = threading.Thread(target=land)
        thread.start()
        try:
            yield sink
        finally:
            sink.stop.set()
            thread.join()


@dataclass
class Running:
    """A sink that runs beside the test."""

    stop: threading.Event = field(default_factory=threading.Event)
    events: list[Event] = field(default_factory=list)
    error: Exception | None = None
    result: LandingResult | None = None

    def told(self, step: Step, topic: str) -> list[Event]:
        """What the sink told of ``topic`` at ``step``."""
        return [event for event in list(self.events) if event.step is step and topic in event.counts]

    def landed(self, topic: str) -> int:
        """Rows of ``topic`` that the sink has committed."""
        return sum(event.counts[topic].rows for event in self.told(Step.COMMITTED, topic))


@pytest.fixture
def pair(kafka: str, new_topic: NewTopic, catalog: Catalog) -> Pair:
    return Pair(Bench(kafka, new_topic, catalog), Bench(kafka, new_topic, catalog))


class Failing:
    """Stands in for the decoders: what ``fails`` says of a topic and its messages' number is raised, once it is set."""

    def __init__(self) -> None:
        self.fails: Callable[[str, Payloads], Exception | None] = lambda _topic, _values: None

    def decoder(self, contract: Contract) -> Any:
        outer, real = self, JsonDecoder(contract)

        class Decoder:
            def decode(self, values: Payloads, keys: Payloads) -> Decoded:
                if error := outer.fails(contract.topic, values):
                    raise error
                return real.decode(values, keys)

        return Decoder()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    found = Failing()
    monkeypatch.setattr("sinks.landed_topics.decoder_for", lambda contract, *_: found.decoder(contract))
    return found


def test_the_share_of_a_topic_is_dropped_from_all_batches_under_way(pair: Pair, failing: Failing) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(1_000))
    later = threading.Event()

    def fails(topic: str, values: Payloads) -> Exception | None:
        if topic != pair.broken.topic:
            return None
        numbers = [json.loads(value)["party_id"] for value in values.list() if value]
        if "P250" in numbers:
            assert later.wait(60), "batches behind this one are decoded before it fails"
            return SchemaIncompatible(topic, "a field became something else")
        if "P500" in numbers:
            later.set()
        return None

    failing.fails = fails
    abandoned: list[Event] = []

    def observe(event: Event) -> None:
        if event.step is Step.ABANDONED:
            abandoned.append(event)

    with pytest.raises(SchemaIncompatible, match="became something else"):
        pair.land(observe=observe, batch_rows=200, decoders=6, inline_rows=0)
    assert abandoned, "batches behind the one that failed"
    assert all(set(event.counts) == {pair.broken.topic} for event in abandoned)
    assert not {Path(file).name for event in abandoned for file in event.files} & pair.broken.files()
    pair.sound.proves_exact(rows=1_000)
    # What landed is all that was before the batch that failed, and nothing behind it.
    ((rows, past),) = pair.broken.query("select count(*), coalesce(max(_offset) + 1, 0) from {table}")
    assert rows == past <= 250
    assert pair.broken.query("select next_offset from lake.ledger.offsets where topic = ?", [pair.broken.topic]) == [
        (past,)
    ]

    failing.fails = lambda _topic, _values: None
    assert pair.land(batch_rows=200).total.rows == 1_000 - rows
    pair.broken.proves_exact(rows=1_000)


def test_a_decoder_that_breaks_stops_its_own_topic_only(pair: Pair, failing: Failing) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(100))
    failing.fails = lambda topic, _: RecursionError("Jane Doe") if topic == pair.broken.topic else None
    with pytest.raises(DecodingFailed, match="RecursionError") as failed:
        pair.land()
    assert "Jane" not in str(failed.value)
    pair.sound.proves_exact(rows=100)
    assert pair.broken.query("select count(*) from {table}") == [(0,)]


def test_a_topic_that_waits_is_read_again_until_it_lands(pair: Pair, failing: Failing) -> None:
    pair.broken.send(party(number) for number in range(500))
    available = threading.Event()

    def fails(topic: str, _values: Payloads) -> Exception | None:
        away = topic == pair.broken.topic and not available.is_set()
        return SchemaUnavailable(topic, "the registry is away") if away else None

    failing.fails = fails
    with pair.running(batch_rows=100) as sink:
        wait_until(lambda: len(sink.told(Step.WAITING, pair.broken.topic)) >= 3, "the topic was tried again and again")
        pair.sound.send(party(number) for number in range(300))
        wait_until(lambda: sink.landed(pair.sound.topic) == 300, "the other topic lands meanwhile")
        assert sink.landed(pair.broken.topic) == 0
        available.set()
        wait_until(lambda: sink.landed(pair.broken.topic) == 500, "the topic lands once it can")
        wait_until(lambda: sink.told(Step.RESUMED, pair.broken.topic), "and that is told")
    assert sink.error is None
    assert sink.result is not None
    assert not sink.result.stopped
    pair.broken.proves_exact(rows=500)
    pair.sound.proves_exact(rows=300)


def test_a_run_that_is_to_end_waits_only_so_long(pair: Pair, failing: Failing) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(100))
    failing.fails = lambda topic, _values: (
        SchemaUnavailable(topic, "the registry is away") if topic == pair.broken.topic else None
    )
    with pytest.raises(TopicWaits, match="registry is away"):
        pair.land(service_seconds=2.0)
    pair.sound.proves_exact(rows=100)
    assert pair.broken.query("select count(*) from {table}") == [(0,)]


def test_a_topic_made_anew_does_not_keep_another_from_landing(pair: Pair) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(10))
    pair.land()
    delete_topics(pair.broken.kafka, pair.broken.topic)
    ensure_topics(pair.broken.kafka, {pair.broken.topic: 1})
    pair.broken.send(party(number) for number in range(20))
    with pair.running() as sink:
        wait_until(lambda: sink.told(Step.STOPPED, pair.broken.topic), "the sink tells of the topic made anew")
        pair.sound.send(party(number) for number in range(10, 30))
        wait_until(lambda: sink.landed(pair.sound.topic) == 20, "the other topic lands")
    assert sink.error is None, "the sink ended as it was asked to"
    assert sink.result is not None
    assert list(sink.result.stopped) == [pair.broken.topic]
    (told,) = sink.told(Step.STOPPED, pair.broken.topic)
    assert "was deleted and made again" in (told.detail or "")

    with pytest.raises(TopicRecreated, match=pair.broken.topic):
        pair.land()
    accept_gap(pair.broken.settings, pair.broken.topic, accepted_by="operator", reason="made anew")
    pair.land()
    pair.broken.proves_exact(rows=30)
    pair.sound.proves_exact(rows=30)


def test_a_topic_deleted_while_it_is_read(pair: Pair) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(200))
    struck = threading.Event()

    def delete(event: Event) -> None:
        if event.step is Step.CONSUMED and not struck.is_set():
            struck.set()
            delete_topics(pair.broken.kafka, pair.broken.topic)

    with pytest.raises(TopicMissing, match=pair.broken.topic):
        pair.land(observe=delete, batch_rows=50)
    pair.sound.proves_exact(rows=200)


def test_the_sink_ends_when_every_topic_has_stopped(pair: Pair) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(10))
    pair.land()
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(20))
        delete_records(bench.kafka, bench.topic, before=15)
    with pair.running() as sink:
        wait_until(lambda: sink.error, "the sink ends by itself")
    assert isinstance(sink.error, TopicsStopped)
    assert {error.topic for error in sink.error.errors} == set(pair.contracts)
    assert all(isinstance(error, OffsetsLost) for error in sink.error.errors)


def test_partitions_move_while_a_topic_stands_aside(kafka: str, new_topic: NewTopic, catalog: Catalog) -> None:
    # The second member is given all of one topic: of the first one by name.
    benches = sorted((Bench(kafka, new_topic, catalog, partitions=4) for _ in range(2)), key=lambda each: each.topic)
    pair = Pair(broken=benches[1], sound=benches[0])
    for bench in (pair.broken, pair.sound):
        for partition in range(4):
            bench.send((party(number) for number in range(100)), partition=partition)
    pair.land()
    for partition in range(4):
        pair.broken.send((party(number) for number in range(50)), partition=partition)
    delete_records(pair.broken.kafka, pair.broken.topic, before=120)
    sound = pair.sound

    def send_more(rows: int) -> None:
        for partition in range(4):
            sound.send((party(number) for number in range(rows)), partition=partition)

    def names(number: int) -> dict[str, Any]:
        return {"kafka": {"group.instance.id": f"sink-{number}", "session.timeout.ms": 6000}}

    with pair.running(**names(1)) as first:
        wait_until(lambda: first.told(Step.STOPPED, pair.broken.topic), "the first sink has set the topic aside")
        with pair.running(**names(2)) as second:
            wait_until(lambda: second.told(Step.ASSIGNED, sound.topic), "the second has partitions of the sound topic")
            send_more(100)
            wait_until(lambda: first.landed(sound.topic) + second.landed(sound.topic) == 400, "both land")
        assert second.error is None
        send_more(100)
        wait_until(lambda: first.landed(sound.topic) + second.landed(sound.topic) == 800, "the first lands all again")
    assert first.error is None
    sound.proves_exact(rows=1_200)
    accept_gap(pair.broken.settings, pair.broken.topic, accepted_by="operator", reason="retention")
    pair.land()
    pair.broken.proves_exact(rows=4 * 130 + 20 * 3)


def test_killed_while_a_topic_stands_aside(pair: Pair) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(100))
    pair.land()
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(500))
    delete_records(pair.broken.kafka, pair.broken.topic, before=150)
    sinks = pair.sound.process(
        Step.REGISTERED, 2, "wait", contracts=pair.contracts, topics=tuple(pair.contracts), batch_rows=100
    )
    with sinks as sink:
        sink.until(Step.STOPPED)
        sink.until("struck")
        sink.kill()
    with pytest.raises(OffsetsLost, match=pair.broken.topic):
        pair.land()
    pair.sound.proves_exact(rows=600)
    accept_gap(pair.broken.settings, pair.broken.topic, accepted_by="operator", reason="retention")
    pair.land()
    pair.broken.proves_exact(rows=550)


def test_probes_and_metrics_name_the_topic(pair: Pair) -> None:
    for bench in (pair.broken, pair.sound):
        bench.send(party(number) for number in range(10))
    pair.land()
    pair.broken.send(party(number) for number in range(20))
    delete_records(pair.broken.kafka, pair.broken.topic, before=15)
    with watched(pair.sound, contracts=pair.contracts, topics=tuple(pair.contracts)) as sink:
        aside = {"topic": pair.broken.topic, "state": "stopped"}
        wait_until(lambda: sink.value("vigil_sink_topic_aside", **aside) == 1, "the topic is shown")
        wait_until(lambda: sink.get("/readyz")[0] == 200, "the other topic makes the sink ready")
        first, second = sink.get("/readyz")[1].splitlines()
        assert first == "ok"
        assert second.startswith(f"{pair.broken.topic} stands aside: {pair.broken.topic}[0]: offsets 10 to 14")
        assert sink.value("vigil_sink_topic_aside", topic=pair.sound.topic, state="stopped") == 0
