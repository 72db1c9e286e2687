"""How long messages wait: the time of the first message of a partition that is still to be landed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, TopicPartition

from sinks.kafka_settings import connection_settings
from sinks.records import Partition

POLL_SECONDS = 0.2


class OldestWaiting:
    """Reads one message of each partition asked for, beside the sink and outside its group. For one thread."""

    def __init__(self, bootstrap_servers: str, kafka: Mapping[str, Any], group: str) -> None:
        self._consumer = Consumer(
            {
                **connection_settings(kafka),
                "bootstrap.servers": bootstrap_servers,
                # Never joined, but brokers with access rules want a name that they know.
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                # One message a partition is wanted; the brokers send a whole batch of the producer's at least.
                "fetch.message.max.bytes": 4096,
                "queued.min.messages": 1,
                "queued.max.messages.kbytes": 1024,
                "fetch.wait.max.ms": 100,
            }
        )

    def times(self, positions: Mapping[Partition, int], seconds: float) -> dict[Partition, float | None]:
        """The Unix time of the first message at or behind each offset, of those that came within ``seconds``.

        None: there is no message (any more), or it has no timestamp.
        """
        found: dict[Partition, float | None] = {}
        give_up = time.monotonic() + seconds
        self._consumer.assign([TopicPartition(*each, offset) for each, offset in positions.items()])
        while len(found) < len(positions) and time.monotonic() < give_up:
            message = self._consumer.poll(POLL_SECONDS)
            if message is None or message.topic() is None or message.partition() is None:
                continue
            partition = Partition(str(message.topic()), int(message.partition() or 0))
            if partition not in found:
                kind, milliseconds = message.timestamp()
                known = message.error() is None and kind != TIMESTAMP_NOT_AVAILABLE
                found[partition] = milliseconds / 1000 if known else None
                self._consumer.incremental_unassign([TopicPartition(*partition)])
        self._consumer.unassign()
        return found

    def close(self) -> None:
        """Give the connections up."""
        self._consumer.close()
