"""What Prometheus and probes see of a sink: its metrics by name and labels, and the answers to the probes."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from landing_bench import Bench
from prometheus_client.parser import text_string_to_metric_families

from contracts import Contract
from sinks import Event, Step, run

WAIT_SECONDS = 60


class Watched:
    """A sink that runs in a thread of this process, and the address where it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.serving = threading.Event()
        self.failure: BaseException | None = None

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of the answer."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=WAIT_SECONDS) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def value(self, name: str, **labels: str) -> float | None:
        """A sample's value now; None if there is no such sample."""
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None

    def by(self, label: str, name: str) -> dict[str, float]:
        """All samples of that name, by the value of one of their labels."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        return {
            sample.labels[label]: sample.value
            for family in families
            for sample in family.samples
            if sample.name == name
        }


@contextmanager
def watched(bench: Bench, contracts: Mapping[str, Contract] | None = None, **changed: Any) -> Iterator[Watched]:
    """A sink on the bench's topic (or more, with their contracts) for the length of the block; its port is free."""
    sink, stop = Watched(), threading.Event()

    def observe(event: Event) -> None:
        if event.step is Step.SERVING:
            sink.url = event.detail or ""
            sink.serving.set()

    def land() -> None:
        try:
            config = bench.config(**{"metrics_port": 0, "watch_seconds": 0.2, **changed})
            run(config, bench.settings, stop, observe=observe, contracts=contracts or bench.contracts)
        except BaseException as error:
            sink.failure = error

    thread = threading.Thread(target=land)
    thread.start()
    try:
        assert sink.serving.wait(WAIT_SECONDS), sink.failure
        yield sink
    finally:
        stop.set()
        thread.join(WAIT_SECONDS)
    assert sink.failure is None, sink.failure
