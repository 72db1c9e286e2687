"""Messages onto their topics: acknowledged by all replicas, each once, at a limited rate if wished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import polars as pl
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from simulator.errors import ProduceFailed
from simulator.partitioner import partition_of
from simulator.wire import Batch

CHUNK = 20_000
TIMEOUT_SECONDS = 120.0
Progress = Callable[[str, int], None]


def produce(
    batches: Iterable[Batch],
    bootstrap: str,
    rate: float | None = None,
    progress: Progress | None = None,
    client: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Produce every message and return how many of each topic the broker has acknowledged.

    Partitions are computed here (murmur2 of the key), so they depend on nothing but key and number of partitions.
    ``rate`` limits messages a second, ``progress`` is told (topic, messages sent of it so far), ``client`` holds
    further librdkafka settings.

    Raises:
        ProduceFailed: a topic is missing, a message was refused or not acknowledged in time.
    """
    settings: dict[str, str | int | float | bool] = {
        "enable.idempotence": True,
        # Warnings of a broker that is just starting are retried and of no use to a reader.
        "log_level": 3,
        "acks": "all",
        "linger.ms": 50,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": 500_000,
        "queue.buffering.max.kbytes": 524_288,
        "delivery.report.only.error": True,
        **(client or {}),
        "bootstrap.servers": bootstrap,
    }
    failures: list[str] = []

    def failed(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failures.append(f"{message.topic()}[{message.partition()}] key {message.key()!r}: {error}")

    producer = Producer(settings)
    partitions: dict[str, int] = {}
    sent: dict[str, int] = {}
    started, total = time.monotonic(), 0
    for batch in batches:
        for topic, frame in batch.items():
            if topic not in partitions:
                partitions[topic] = _partitions(producer, topic, bootstrap)
            sent.setdefault(topic, 0)
            placed = frame.with_columns(partition_of(frame["key"], partitions[topic]).alias("partition"))
            for chunk in placed.iter_slices(CHUNK if rate is None else max(1, min(CHUNK, int(rate / 10)))):
                _send(producer, topic, chunk, failed)
                total += chunk.height
                sent[topic] += chunk.height
                _confirm(failures, 0, bootstrap)
                if rate is not None:
                    time.sleep(max(0.0, started + total / rate - time.monotonic()))
                if progress is not None:
                    progress(topic, sent[topic])
    _confirm(failures, _flush(producer), bootstrap)
    return sent


def _send(
    producer: Producer,
    topic: str,
    chunk: pl.DataFrame,
    failed: Callable[[KafkaError | None, Message], None],
) -> None:
    columns = (chunk[name].to_list() for name in ("value", "key", "partition", "timestamp"))
    send = producer.produce
    for value, key, partition, timestamp in zip(*columns, strict=True):
        while True:
            try:
                send(topic, value, key, partition, failed, timestamp=timestamp)
                break
            except BufferError:
                producer.poll(0.1)
    producer.poll(0)


def _confirm(failures: list[str], unsent: int, bootstrap: str) -> None:
    """Raise ProduceFailed when a message was refused, or left without an answer."""
    if failures or unsent:
        reasons = "; ".join(failures[:3]) or f"no answer within {TIMEOUT_SECONDS:.0f} s"
        raise ProduceFailed(
            f"{len(failures)} messages were refused and {unsent} not acknowledged by {bootstrap}: {reasons}."
            " Repair the broker or topic and produce again; what landed already is recognised by its idempotency key."
        )


def _flush(producer: Producer) -> int:
    """Wait while the broker goes on acknowledging; returns how many messages it left without an answer."""
    left = len(producer)
    while left:
        before, left = left, producer.flush(TIMEOUT_SECONDS)
        if left >= before:
            break
    return left


def _partitions(producer: Producer, topic: str, bootstrap: str) -> int:
    try:
        found = producer.list_topics(topic, timeout=30.0).topics[topic]
    except KafkaException as error:
        raise ProduceFailed(f"broker {bootstrap} does not answer: {error}. Start it with `vigil up`.") from error
    if found.error is not None or not found.partitions:
        raise ProduceFailed(f"topic {topic!r} does not exist on {bootstrap}: {found.error}. Create it with `vigil up`.")
    return len(found.partitions)
