"""Reading offsets of a topic again, outside of any group: pieces that fit in memory, in order, nothing beyond."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import numpy as np

from sinks.config import SinkConfig
from sinks.consumer import TopicConsumer
from sinks.errors import BrokerSilent
from sinks.records import Batch, Partition, Range, Records, joined

READ_SECONDS = 0.5


def read_ranges(config: SinkConfig, servers: str, ranges: Mapping[Partition, Range]) -> Iterator[Batch]:
    """Batches of at most ``batch_rows`` messages (or ``batch_bytes``) that together cover ``ranges``, holes included.

    Only committed messages are read. All offsets of ``ranges`` must lie before the end of their partitions.

    Raises:
        OffsetsLost: the broker no longer has some of them.
        TopicMissing, BrokerFailed: the broker says so.
        BrokerSilent: nothing came for ``service_seconds``.
    """
    consumer = TopicConsumer(config, servers, None)
    try:
        for partition, wanted in ranges.items():
            consumer.assign({partition: wanted.first})
            yield from _read(config, consumer, partition, wanted)
    finally:
        consumer.close()


def _read(config: SinkConfig, consumer: TopicConsumer, partition: Partition, wanted: Range) -> Iterator[Batch]:
    gathered, size, first, position = Records(), 0, wanted.first, wanted.first
    heard = time.monotonic()
    while position < wanted.next:
        for read in consumer.read(max(config.batch_rows - len(gathered), 1), READ_SECONDS):
            heard = time.monotonic()
            offsets = joined(read.records.offsets)
            within = read.records.take(np.flatnonzero(offsets < wanted.next))
            gathered.extend(within)
            size += read.size
            position = min(read.positions.get(partition, position), wanted.next)
        if time.monotonic() - heard > config.service_seconds:
            raise BrokerSilent(
                f"{partition}: nothing was delivered from offset {position} on in {config.service_seconds:g} s"
            )
        if len(gathered) >= config.batch_rows or size >= config.batch_bytes or position >= wanted.next:
            yield Batch({partition.topic: gathered}, {partition: Range(first, position)})
            gathered, size, first = Records(), 0, position
