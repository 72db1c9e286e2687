"""What the broker holds now, beside which the landing gate puts what the ledger has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from lakehouse.settings import Settings

SECONDS = 30.0


class BrokerNotNamed(Exception):
    """KAFKA_BOOTSTRAP_SERVERS is not set."""


def servers(settings: Settings) -> str:
    """The brokers' addresses.

    Raises:
        BrokerNotNamed: the settings name none.
    """
    if settings.kafka_bootstrap_servers is None:
        raise BrokerNotNamed("no broker is named: run 'vigil up', or set KAFKA_BOOTSTRAP_SERVERS")
    return settings.kafka_bootstrap_servers


def positions(settings: Settings, topics: Iterable[str]) -> list[dict[str, Any]]:
    """One row a partition: topic, partition, end_offset (last stable), newest (naive UTC time of its newest message).

    A topic that the broker lacks has no row. ``newest`` is None where the partition is empty.

    Raises:
        BrokerNotNamed: the settings name no broker.
        confluent_kafka.KafkaException: the broker does not answer within ``SECONDS``.
    """
    admin = AdminClient({"bootstrap.servers": servers(settings)})
    known = admin.list_topics(timeout=SECONDS).topics
    asked = [
        TopicPartition(topic, partition)
        for topic in topics
        if topic in known and known[topic].error is None
        for partition in sorted(known[topic].partitions)
    ]
    ends = _ask(admin, asked, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    newest = _ask(admin, asked, OffsetSpec.max_timestamp())  # type: ignore[no-untyped-call]
    return [
        {
            "topic": each.topic,
            "partition": each.partition,
            "end_offset": ends[each.topic, each.partition].offset,
            "newest": _time(newest[each.topic, each.partition].timestamp),
        }
        for each in asked
    ]


def _ask(admin: AdminClient, asked: list[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], Any]:
    if not asked:
        return {}
    answers = admin.list_offsets(
        dict.fromkeys(asked, spec), isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=SECONDS
    )
    return {(each.topic, each.partition): future.result(SECONDS) for each, future in answers.items()}


def _time(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None) if milliseconds >= 0 else None
