"""What is produced is what lies on the topics: each message once, at its partition, with its time, in its order."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from simulated import small_bank

from simulator.errors import ProduceFailed
from simulator.partitioner import partition_of
from simulator.producer import produce

PARTITIONS = 3


def everything(bootstrap: str, topic: str, count: int) -> pl.DataFrame:
    """All ``count`` messages of a topic: key, value, timestamp, partition, offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    rows: list[tuple[str, str, int, int, int]] = []
    while len(rows) < count and (found := consumer.consume(min(5000, count - len(rows)), timeout=20)):
        rows += [
            (m.key().decode(), m.value().decode(), m.timestamp()[1], m.partition(), m.offset())
            for m in found
            if m.error() is None
        ]
    consumer.close()
    return pl.DataFrame(rows, schema=["key", "value", "timestamp", "partition", "offset"], orient="row")


def test_messages_lie_where_and_as_the_simulator_says(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic("bank.transactions", partitions=PARTITIONS, config={"retention.ms": "-1"})
    sent = small_bank().messages["bank.transactions"].head(8000)
    told: list[tuple[str, int]] = []
    counts = produce([{topic: sent}], kafka, progress=lambda name, done: told.append((name, done)))
    assert counts == {topic: sent.height}
    assert told[-1] == (topic, sent.height)
    expected = sent.with_columns(partition_of(sent["key"], PARTITIONS).alias("partition"))
    landed = everything(kafka, topic, sent.height)
    assert landed.height == sent.height
    for partition in range(PARTITIONS):
        # One partition keeps the order in which it was produced, which is that of the events' times.
        assert (
            landed.filter(pl.col("partition") == partition)
            .sort("offset")
            .select("key", "value", "timestamp")
            .equals(expected.filter(pl.col("partition") == partition).select("key", "value", "timestamp"))
        )


def test_partitions_are_those_of_librdkafkas_murmur2(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic("keys", partitions=PARTITIONS)
    keys = [f"key-{number}" for number in range(200)]
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random"})
    for key in keys:
        producer.produce(topic, "x", key)
    assert producer.flush(30) == 0
    landed = everything(kafka, topic, len(keys))
    assert landed["partition"].equals(partition_of(landed["key"], PARTITIONS).alias("partition"))


def test_a_rate_limit_sends_everything_all_the_same(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic("limited", partitions=PARTITIONS, config={"retention.ms": "-1"})
    sent = small_bank().messages["bank.accounts"].head(100)
    assert produce([{topic: sent}], kafka, rate=1000.0) == {topic: 100}


def test_a_missing_topic_is_named_with_the_remedy(kafka: str) -> None:
    messages = small_bank().messages["bank.accounts"].head(1)
    with pytest.raises(ProduceFailed, match=r"'nowhere' does not exist .*vigil up"):
        produce([{"nowhere": messages}], kafka)


def test_a_refused_message_is_an_error(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic("small", partitions=PARTITIONS, config={"max.message.bytes": "200"})
    messages = small_bank().messages["bank.parties"].head(5)
    with pytest.raises(ProduceFailed, match="refused"):
        produce([{topic: messages}], kafka)
