"""A sink's metrics, for Prometheus: counted batch by batch from what the sink tells, never message by message.

Labels are topics, partitions and reasons of dead letters, all of them known beforehand; no metric has a value of a
message in it. The registry belongs to one run, so that several sinks can run in one process.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sinks.clock import Clock
from sinks.decoding.decoder import REASONS
from sinks.health import Health
from sinks.progress import Event, Step
from sinks.records import Partition

# Of a registry that fails; an HTTP status is another.
CAUSES = ("unreachable", "timeout", "no_json", "no_schema")
_STATES = {Step.STOPPED: "stopped", Step.WAITING: "waiting"}
COMMIT_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The metrics of one run. ``observe`` and ``measured`` may be called from any thread."""

    def __init__(self, topics: Iterable[str], health: Health, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        self._health = health
        self._clock = clock
        self._lock = threading.Lock()
        self._standing: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._make_counts()
        self._make_states()
        self._aside: dict[str, str] = {}
        self._topics: set[str] = set()
        for topic in topics:
            self._begin(topic)

    @property
    def topics(self) -> list[str]:
        """The topics that the sink lands."""
        with self._lock:
            return sorted(self._topics)

    def _make_counts(self) -> None:
        by_topic, registry = ("topic",), self.registry
        self._rows = Counter("vigil_sink_rows", "Rows landed.", by_topic, registry=registry)
        self._bytes = Counter("vigil_sink_bytes", "Bytes of the messages landed.", by_topic, registry=registry)
        self._batches = Counter("vigil_sink_batches", "Batches with offsets of it.", by_topic, registry=registry)
        self._holes = Counter("vigil_sink_holes", "Offsets without a message.", by_topic, registry=registry)
        self._dead_letters = Counter(
            "vigil_sink_dead_letters", "Messages kept as dead letters.", ("topic", "reason"), registry=registry
        )
        self._commits = Histogram(
            "vigil_sink_commit_seconds",
            "Time a batch's commit took, with all its attempts.",
            registry=registry,
            buckets=COMMIT_SECONDS,
        )
        self._conflicts = Counter("vigil_sink_conflicts", "Transactions the catalog refused.", registry=registry)
        self._repeats = Counter("vigil_sink_repeats", "Transactions tried again.", registry=registry)
        self._registry_errors = Counter(
            "vigil_registry_errors", "Questions the schema registry did not answer.", ("cause",), registry=registry
        )
        for cause in CAUSES:
            self._registry_errors.labels(cause)
        self._fences = Counter("vigil_sink_fences", "Batches another sink had landed.", registry=registry)

    def _make_states(self) -> None:
        by_topic, by_partition, registry = ("topic",), ("topic", "partition"), self.registry
        self._lag = Gauge("vigil_sink_lag_offsets", "Offsets still to be landed.", by_partition, registry=registry)
        self._age = Gauge(
            "vigil_sink_lag_seconds",
            "Age, by its Kafka timestamp, of the oldest message still to be landed; 0 if there is none.",
            by_partition,
            registry=registry,
        )
        self._gaps = Gauge("vigil_sink_gaps", "Gaps on record in the ledger.", by_topic, registry=registry)
        self._gap_offsets = Gauge(
            "vigil_sink_gap_offsets", "Offsets in those gaps, as far as known.", by_topic, registry=registry
        )
        self._stands_aside = Gauge(
            "vigil_sink_topic_aside",
            "1 for a topic that stands aside: stopped until an operator decides, or waiting to be tried again.",
            ("topic", "state"),
            registry=registry,
        )
        self._last_commit = Gauge(
            "vigil_sink_last_commit_timestamp_seconds", "When a batch last landed; 0 before.", registry=registry
        )
        self._assigned = Gauge("vigil_sink_assigned_partitions", "Partitions this sink holds.", registry=registry)
        self._lake = Gauge("vigil_sink_lake_up", "1 if the lake answered when last asked.", registry=registry)
        self._broker = Gauge("vigil_sink_broker_up", "1 if the brokers answered when last asked.", registry=registry)
        memory = Gauge("vigil_sink_resident_memory_bytes", "Memory the process holds.", registry=registry)
        process = psutil.Process()
        memory.set_function(lambda: float(process.memory_info().rss))

    def standing(self) -> dict[Partition, int]:
        """The partitions this sink holds and the next offset of each, by the ledger."""
        with self._lock:
            return dict(self._standing)

    def observe(self, event: Event) -> None:
        """Count one step of the sink."""
        match event.step:
            case Step.ASSIGNED | Step.REVOKED:
                self._hold(event)
            case Step.STOPPED | Step.WAITING | Step.RESUMED:
                self._set_aside(event)
            case Step.FOUND:
                for topic in event.counts:
                    self._begin(topic)
            case Step.COMMITTED:
                self._landed(event)
            case Step.CONFLICTED:
                self._conflicts.inc()
            case Step.REPEATED:
                self._repeats.inc()
            case Step.FENCED:
                self._fences.inc()
            case Step.REGISTRY_FAILED:
                self._registry_errors.labels(str(event.detail)).inc()

    def measured(self, ends: Mapping[Partition, int], oldest: Mapping[Partition, float | None]) -> None:
        """The brokers hold offsets up to ``ends``; ``oldest`` are Unix times of the next message of those that lag."""
        now = self._now()
        self._broker.set(1)
        with self._lock:
            for partition, end in ends.items():
                if partition not in self._standing:
                    continue
                self._ends[partition] = end
                self._show_lag(partition)
                if partition in oldest and end > self._standing[partition]:
                    since = oldest[partition]
                    age = math.nan if since is None else max(now - since, 0.0)
                    self._age.labels(*_labels(partition)).set(age)

    def brokers_silent(self) -> None:
        """The brokers were asked and did not answer."""
        self._broker.set(0)

    def lake_answered(self, gaps: Mapping[str, tuple[int, int]]) -> None:
        """The lake has so many gaps, of so many offsets, by topic."""
        self._lake.set(1)
        for topic, (count, offsets) in gaps.items():
            self._gaps.labels(topic).set(count)
            self._gap_offsets.labels(topic).set(offsets)

    def lake_silent(self) -> None:
        """The lake was asked and did not answer."""
        self._lake.set(0)

    def _begin(self, topic: str) -> None:
        with self._lock:
            self._topics.add(topic)
        # A series that begins at what it first counted shows no increase; so all of them begin at 0.
        for each in (self._rows, self._bytes, self._batches, self._holes, self._gaps, self._gap_offsets):
            each.labels(topic)
        for reason in REASONS:
            self._dead_letters.labels(topic, reason)
        for state in _STATES.values():
            self._stands_aside.labels(topic, state)

    def _set_aside(self, event: Event) -> None:
        with self._lock:
            for topic in event.counts:
                for step, state in _STATES.items():
                    self._stands_aside.labels(topic, state).set(event.step is step)
                self._aside.pop(topic, None)
                if event.step is not Step.RESUMED:
                    self._aside[topic] = event.detail or ""
            self._health.aside(dict(self._aside), none_lands=self._aside.keys() >= self._topics)

    def _hold(self, event: Event) -> None:
        with self._lock:
            for partition, each in event.ranges.items():
                if event.step is Step.ASSIGNED:
                    self._standing[partition] = each.next
                elif self._standing.pop(partition, None) is not None and self._ends.pop(partition, None) is not None:
                    # Whoever holds it now shows its lag.
                    self._lag.remove(*_labels(partition))
                    self._age.remove(*_labels(partition))
            self._assigned.set(len(self._standing))
            self._health.assigned(len(self._standing))

    def _landed(self, event: Event) -> None:
        for topic, counts in event.counts.items():
            self._rows.labels(topic).inc(counts.rows)
            self._bytes.labels(topic).inc(event.sizes.get(topic, 0))
            self._batches.labels(topic).inc()
            self._holes.labels(topic).inc(counts.holes)
        for topic, reasons in event.reasons.items():
            for reason, count in reasons.items():
                self._dead_letters.labels(topic, reason).inc(count)
        if event.seconds is not None:
            self._commits.observe(event.seconds)
        self._last_commit.set(self._now())
        with self._lock:
            for partition, each in event.ranges.items():
                if partition in self._standing:
                    self._standing[partition] = each.next
                    if partition in self._ends:
                        self._show_lag(partition)

    def _show_lag(self, partition: Partition) -> None:
        lag = max(self._ends[partition] - self._standing[partition], 0)
        self._lag.labels(*_labels(partition)).set(lag)
        age = self._age.labels(*_labels(partition))
        if not lag:
            age.set(0)

    def _now(self) -> float:
        return self._clock().replace(tzinfo=UTC).timestamp()


def _labels(partition: Partition) -> tuple[str, str]:
    return partition.topic, str(partition.number)
