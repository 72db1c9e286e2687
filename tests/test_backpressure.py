"""A commit that takes long holds reading back, and the sink stays in its group meanwhile."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from landing_bench import Bench, party

from sinks import Event, Step
from sinks.consumer import TopicConsumer

MESSAGES, BATCH, DECODERS = 2_000, 100, 1


def test_reading_waits_for_commits(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    paused = threading.Event()
    consumed: list[Any] = []
    at_first_commit: list[Any] = []
    wait_paused = TopicConsumer.wait_paused

    def tell(consumer: TopicConsumer, seconds: float) -> None:
        wait_paused(consumer, seconds)
        paused.set()

    def hold_back(event: Event) -> None:
        if event.step is Step.CONSUMED:
            consumed.append(event.commit_id)
        if event.step is Step.REGISTERED and not at_first_commit:
            assert paused.wait(60), "the sink polls without reading while the commit takes its time"
            at_first_commit.append(len(consumed))

    monkeypatch.setattr(TopicConsumer, "wait_paused", tell)
    monkeypatch.setattr("sinks.sink.BLOCKED_SECONDS", 0.0)
    result = bench.land(observe=hold_back, batch_rows=BATCH, decoders=DECODERS)

    assert at_first_commit == [DECODERS + 1], "so many batches were under way, and no more"
    assert (result.total.rows, result.fenced) == (MESSAGES, 0)
    bench.proves_exact(rows=MESSAGES)
