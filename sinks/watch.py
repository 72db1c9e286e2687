"""The watch beside a running sink: every few seconds it measures the lag and asks the lake whether it is there."""

from __future__ import annotations

import threading
from contextlib import closing

import duckdb

from lakehouse.attach import connect
from lakehouse.errors import LakeError
from lakehouse.settings import Settings
from sinks.broker import Broker
from sinks.config import SinkConfig
from sinks.errors import SinkError, TopicMissing
from sinks.health import Health
from sinks.metrics import Metrics
from sinks.oldest import OldestWaiting
from sinks.records import Partition

ANSWER_SECONDS = 5.0
LEAVE_SECONDS = 20.0


class Watch:
    """Asks on connections of its own, so that it neither waits for the sink nor holds it up."""

    def __init__(self, config: SinkConfig, settings: Settings, servers: str, metrics: Metrics, health: Health) -> None:
        self._config = config
        self._settings = settings.model_copy(update={"threads": 1, "memory_limit": "256MB"})
        self._servers = servers
        self._metrics = metrics
        self._health = health
        self._lake: duckdb.DuckDBPyConnection | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # A lake that hangs must not keep the sink from ending.
        self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        oldest = OldestWaiting(self._servers, self._config.kafka, self._config.group)
        with Broker(self._servers, self._config.kafka, ANSWER_SECONDS) as broker, closing(oldest):
            while True:
                self._ask_lake()
                self._ask_brokers(broker, oldest)
                if self._over.wait(self._config.watch_seconds):
                    break
        self._leave_lake()

    def _ask_lake(self) -> None:
        try:
            self._lake = self._lake or connect(self._settings)
            found = self._lake.execute(
                """
                select topic, count(*), coalesce(sum(to_offset - from_offset), 0)::bigint
                from lake.ledger.gaps
                where list_contains($topics::varchar[], topic)
                group by topic
                """,
                {"topics": self._metrics.topics},
            ).fetchall()
        except (duckdb.Error, LakeError):
            # A catalog that dies in the middle of an answer is told of by errors of any kind.
            # The sink itself tells what is wrong once it cannot wait any longer.
            self._leave_lake()
            self._metrics.lake_silent()
            self._health.lake(answers=False)
        else:
            self._metrics.lake_answered({topic: (count, offsets) for topic, count, offsets in found})
            self._health.lake(answers=True)

    def _ask_brokers(self, broker: Broker, oldest: OldestWaiting) -> None:
        standing = self._metrics.standing()
        ends: dict[Partition, int] = {}
        while standing and not ends:
            try:
                ends = {partition: held.end for partition, held in broker.held(standing).items()}
            except TopicMissing as gone:
                standing = {
                    partition: offset for partition, offset in standing.items() if partition.topic != gone.topic
                }
            except SinkError:
                self._metrics.brokers_silent()
                return
        behind = {partition: offset for partition, offset in standing.items() if offset < ends[partition]}
        self._metrics.measured(ends, oldest.times(behind, ANSWER_SECONDS) if behind else {})

    def _leave_lake(self) -> None:
        if self._lake is not None:
            self._lake.close()
            self._lake = None
