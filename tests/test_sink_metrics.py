"""A sink's metrics agree with the lake, batch for batch and message for message."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conditions import wait_until
from landing_bench import Bench, party
from prometheus_client import CollectorRegistry
from scraping import watched

from sinks import Event, Step
from sinks.clock import utc_now
from sinks.health import Health
from sinks.metrics import Metrics

GOOD, BAD = 500, [b"{", b"", b"[]", b"[1]", party(1, name=None)]
NAMED = "Zaphod Beeblebrox"


def test_metrics_agree_with_the_lake(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    topic = bench.topic
    values = [*(party(number, name=NAMED) for number in range(GOOD)), *BAD]
    bench.send(values, partition=0)
    bench.send([party(GOOD)], partition=1)
    with watched(bench, batch_rows=100) as sink:
        wait_until(lambda: sink.value("vigil_sink_rows_total", topic=topic) == GOOD + 1, "all rows are counted")
        wait_until(
            lambda: sum(sink.by("reason", "vigil_sink_dead_letters_total").values()) == len(BAD),
            "all dead letters are counted",
        )
        wait_until(
            lambda: sink.by("partition", "vigil_sink_lag_offsets") == {"0": 0, "1": 0}, "nothing is left to be landed"
        )
        assert sink.by("partition", "vigil_sink_lag_seconds") == {"0": 0, "1": 0}
        reasons = sink.by("reason", "vigil_sink_dead_letters_total")
        assert {reason: count for reason, count in reasons.items() if count} == dict(
            bench.query("select reason, count(*) from lake.ledger.dead_letters group by reason")
        )
        ((batches, last),) = bench.query("select count(*), epoch(max(committed_at)) from lake.ledger.commits")
        assert sink.value("vigil_sink_batches_total", topic=topic) == batches
        assert sink.value("vigil_sink_commit_seconds_count") == batches
        assert sink.value("vigil_sink_bytes_total", topic=topic) == sum(
            len(value) + len(b"k") for value in [*values, party(GOOD)]
        )
        assert (sink.value("vigil_sink_last_commit_timestamp_seconds") or 0) >= last
        assert sink.value("vigil_sink_assigned_partitions") == 2
        assert sink.value("vigil_sink_holes_total", topic=topic) == 0
        assert (sink.value("vigil_sink_resident_memory_bytes") or 0) > 2**20
        assert NAMED not in sink.get("/metrics")[1]
    bench.proves_exact(rows=GOOD + 1, dead_letters=len(BAD))


def test_lag_is_the_age_of_the_oldest_message_that_waits(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.accumulation.IDLE_SECONDS", 3600.0)
    bench = Bench(kafka, new_topic, catalog)
    bench.send([party(0)])
    labels = {"topic": bench.topic, "partition": "0"}
    # A batch that is neither full nor old enough: its messages are read, and wait.
    with watched(bench, batch_seconds=3600.0) as sink:
        wait_until(lambda: sink.value("vigil_sink_lag_offsets", **labels) == 1, "the message is seen to wait")
        wait_until(lambda: (sink.value("vigil_sink_lag_seconds", **labels) or 0) > 0, "its age is known")
        age = sink.value("vigil_sink_lag_seconds", **labels) or 0
        bench.send([party(1)])
        wait_until(lambda: sink.value("vigil_sink_lag_offsets", **labels) == 2, "another waits")
        wait_until(lambda: (sink.value("vigil_sink_lag_seconds", **labels) or 0) > age, "the oldest grows older")


def test_a_fence_is_counted_as_one(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(100))
    intruded = threading.Event()
    counted = _metrics(bench)

    def intrude(event: Event) -> None:
        counted.observe(event)
        if event.step is Step.ENCODED and not intruded.is_set():
            intruded.set()
            bench.land(group=f"{bench.topic}.other", kafka={"group.instance.id": "other"})

    result = bench.land(observe=intrude)
    fences, conflicts = (_counted(counted.registry, name) for name in ("fences", "conflicts"))
    assert (fences, result.fenced) == (1, 1)
    assert conflicts >= 1, "the ledger had moved under the transaction"
    assert _counted(counted.registry, "rows", topic=bench.topic) == 0, "the other sink landed the rows"
    bench.proves_exact(rows=100)


def test_who_gives_a_partition_up_no_longer_shows_its_lag(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    with watched(bench) as first:
        wait_until(lambda: len(first.by("partition", "vigil_sink_lag_offsets")) == 2, "one sink holds both")
        with watched(bench, kafka={"group.instance.id": "second"}) as second:
            wait_until(lambda: len(second.by("partition", "vigil_sink_lag_offsets")) == 1, "the second takes one")
            wait_until(lambda: len(first.by("partition", "vigil_sink_lag_offsets")) == 1, "the first keeps one")
            shown = [sink.by("partition", "vigil_sink_lag_offsets") for sink in (first, second)]
            assert sorted(partition for each in shown for partition in each) == ["0", "1"]


def test_runs_in_one_process_count_each_for_itself(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    first, second = _metrics(bench), _metrics(bench)
    bench.send([party(0)])
    bench.land(observe=first.observe)
    bench.send([party(1), party(2)])
    bench.land(observe=second.observe)
    assert [_counted(each.registry, "rows", topic=bench.topic) for each in (first, second)] == [1, 2]


def _metrics(bench: Bench) -> Metrics:
    config = bench.config()
    return Metrics(config.topics, Health(config, threading.Event()), utc_now)


def _counted(registry: CollectorRegistry, name: str, **labels: str) -> float:
    value = registry.get_sample_value(f"vigil_sink_{name}_total", labels)
    assert value is not None, f"{name} is a metric"
    return value
