"""Lag: how far landing is behind the topics, by the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts import Contract
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from sinks import ledger
from sinks.broker import Broker, named_servers
from sinks.ledger import Identity
from sinks.topic_patterns import chosen_topics

SERVICE_SECONDS = 30.0


@dataclass(frozen=True)
class PartitionLag:
    """``next_offset`` is None where nothing was ever landed; ``lag`` counts offsets still to be read."""

    topic: str
    partition: int
    next_offset: int | None
    log_end: int
    lag: int


def lag(
    settings: Settings,
    topics: Iterable[str],
    *,
    contracts: Mapping[str, Contract] | None = None,
    kafka: Mapping[str, Any] | None = None,
) -> list[PartitionLag]:
    """The lag of each partition of ``topics``, some of which may be patterns, in order.

    Raises:
        SinkError: the brokers do not answer, or have no such topic.
        LakeError: the lake cannot be attached.
    """
    with Broker(named_servers(settings), kafka or {}, SERVICE_SECONDS) as broker:
        described = broker.topics(chosen_topics(topics, contracts, broker.names))
        identity = Identity(broker.cluster_id(), {name: topic.topic_id for name, topic in described.items()})
        held = broker.held(partition for topic in described.values() for partition in topic.partitions)
    with connect(settings) as connection:
        prepare(connection, ())
        standing = {
            entry.partition: entry.next_offset
            for entry in ledger.entries(connection, described)
            if entry.matches(identity)
        }
    return [
        PartitionLag(*each, standing.get(each), offsets.end, offsets.end - standing.get(each, offsets.start))
        for each, offsets in sorted(held.items())
    ]
