"""What the broker holds now, beside which the landing gate puts what the ledger has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lakehouse.settings import Settings
from sinks import configured
from sinks.broker import Broker, named_servers
from sinks.errors import TopicMissing
from sinks.records import Partition

SECONDS = 30.0


def positions(settings: Settings, topics: Iterable[str]) -> list[dict[str, Any]]:
    """One row a partition: topic, partition, end_offset (last stable), newest (naive UTC time of its newest message).

    A topic that the broker lacks has no row. ``newest`` is None where the partition is empty.

    Raises:
        SinkError: the settings are wrong or name no broker, or it does not answer within ``SECONDS``.
    """
    with Broker(named_servers(settings), configured(settings).kafka, SECONDS) as broker:
        asked = list(_partitions(broker, topics))
        held, newest = broker.held(asked), broker.newest(asked)
    return [
        {
            "topic": partition.topic,
            "partition": partition.number,
            "end_offset": held[partition].end,
            "newest": newest[partition],
        }
        for partition in asked
    ]


def _partitions(broker: Broker, topics: Iterable[str]) -> Iterator[Partition]:
    for topic in topics:
        try:
            yield from broker.topics([topic])[topic].partitions
        except TopicMissing:
            continue
