"""Reading a topic again where the lake has nothing, to see whether there really is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from sinks.broker import connection_settings
from sinks.errors import BrokerSilent
from sinks.records import Partition, Range

SILENCE_SECONDS = 30.0


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
        return sum(_count(consumer, partition, each) for each in ranges)
    finally:
        consumer.close()


def _count(consumer: Consumer, partition: Partition, wanted: Range) -> int:
    consumer.assign([TopicPartition(*partition, wanted.first)])
    found = 0
    while True:
        message = consumer.poll(SILENCE_SECONDS)
        if message is None:
            raise BrokerSilent(
                f"{partition}: nothing was delivered from offset {wanted.first} in {SILENCE_SECONDS:g} s"
            )
        error, offset = message.error(), message.offset()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise BrokerSilent(f"{partition} cannot be read from offset {wanted.first}: {error.str()}")
        if error is not None or offset is None or offset >= wanted.next:
            return found
        found += 1
