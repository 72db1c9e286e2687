"""Reading a topic again where the lake has nothing, to see whether there really is nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from sinks.errors import BrokerSilent
from sinks.kafka_settings import connection_settings
from sinks.records import Partition, Range

SILENCE_SECONDS, READ_SECONDS = 30.0, 0.1
MESSAGES_A_CALL = 10_000
# So many offsets between two ranges are read over rather than skipped.
NEAR = 20_000


def count_records(
    bootstrap_servers: str, kafka: Mapping[str, Any], partition: Partition, ranges: Sequence[Range]
) -> int:
    """How many committed messages ``partition`` holds within ``ranges``, which the broker still has and are ascending.

    Raises:
        BrokerSilent: the broker does not deliver.
    """
    if not ranges:
        return 0
    consumer = Consumer(
        {
            **connection_settings(kafka),
            "bootstrap.servers": bootstrap_servers,
            "group.id": "vigil-reconcile",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    try:
        return sum(_count(consumer, partition, stretch) for stretch in _stretches(ranges))
    finally:
        consumer.close()


def _stretches(ranges: Sequence[Range]) -> Iterator[list[Range]]:
    """The ranges in groups that are read in one go: a seek costs as much time as many messages."""
    stretch: list[Range] = []
    for each in ranges:
        if stretch and each.first - stretch[-1].next > NEAR:
            yield stretch
            stretch = []
        stretch.append(each)
    yield stretch


def _count(consumer: Consumer, partition: Partition, wanted: list[Range]) -> int:
    consumer.assign([TopicPartition(*partition, wanted[0].first)])
    firsts = [each.first for each in wanted]
    found = 0
    while True:
        messages = consumer.consume(MESSAGES_A_CALL, READ_SECONDS)
        if not messages and not (messages := consumer.consume(1, SILENCE_SECONDS)):
            raise BrokerSilent(
                f"{partition}: nothing was delivered from offset {wanted[0].first} in {SILENCE_SECONDS:g} s"
            )
        for message in messages:
            error, offset = message.error(), message.offset()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise BrokerSilent(f"{partition} cannot be read from offset {wanted[0].first}: {error.str()}")
            if error is not None or offset is None or offset >= wanted[-1].next:
                return found
            found += offset < wanted[bisect_right(firsts, offset) - 1].next
