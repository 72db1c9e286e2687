"""Messages are read out of librdkafka's memory: all of each, once, and every one is given back."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil
import pytest
from conditions import wait_until
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, Producer, TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks import SinkConfig, librdkafka
from sinks.consumer import Read, Rebalance, TopicConsumer
from sinks.errors import BrokerFailed, SinkMisconfigured
from sinks.messages import unpacked
from sinks.payloads import MOST_BYTES, Payloads, check_size
from sinks.records import Partition, joined

SEND: list[tuple[bytes | None, bytes | None, Any, int]] = [
    (b"value", b"key", None, 1_700_000_000_000),
    (b"", b"", [], 1),
    (None, None, [("a", b"1"), ("a", b"\xff"), ("gone", None), ("", b""), ("naïve", b"x" * 1000)], 1_700_000_000_001),
    (bytes(range(256)) * 4_000, b"\x00", [("trace", b"\x00\x01")], 1_700_000_000_002),
    (None, b"tombstone", None, 1_700_000_000_003),
]


@contextmanager
def reading(kafka: str, topics: list[str], **changed: Any) -> Iterator[TopicConsumer]:
    """A consumer that begins at the first offset of whatever it is given."""

    def begin(partitions: list[Partition]) -> dict[Partition, int]:
        return dict.fromkeys(partitions, 0)

    def forget(_partitions: list[Partition]) -> None:
        pass

    config = SinkConfig(topics=tuple(topics), group=topics[0], kafka=changed)
    consumer = TopicConsumer(config, kafka, Rebalance(begin, forget, forget))
    try:
        yield consumer
    finally:
        consumer.close()


def collect(consumer: TopicConsumer, count: int) -> list[Read]:
    """Read until so many messages have come."""
    reads: list[Read] = []

    def enough() -> bool:
        reads.extend(read for read in consumer.read(10_000, 0.1) if len(read.records))
        return sum(len(read.records) for read in reads) >= count

    wait_until(enough, f"{count} messages were read")
    return reads


def test_a_consumer_that_cannot_subscribe_is_given_back(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    real = librdkafka.Client.close

    def close(client: librdkafka.Client) -> None:
        real(client)
        closed.append(client)

    monkeypatch.setattr(librdkafka.Client, "close", close)
    nothing: Any = [lambda _partitions: {}] * 3
    with pytest.raises(BrokerFailed, match="refuses to subscribe"):
        TopicConsumer(SinkConfig(topics=("any",)), kafka, Rebalance(*nothing), topics=())
    assert len(closed) == 1


def test_every_part_of_a_message_is_read(kafka: str, new_topic: Callable[..., str]) -> None:
    """As confluent-kafka's own consumer reads them."""
    topic = new_topic()
    producer = Producer({"bootstrap.servers": kafka, "message.max.bytes": 10_000_000})
    for value, key, headers, timestamp in SEND:
        producer.produce(topic, value, key=key, headers=headers or [], timestamp=timestamp)
    assert producer.flush(30) == 0
    with reading(kafka, [topic]) as consumer:
        (read,) = collect(consumer, len(SEND))
        assert consumer.held() == {Partition(topic, 0): len(SEND)}
    records = read.records
    found = list(
        zip(
            Payloads.joined(records.values).list(),
            Payloads.joined(records.keys).list(),
            [unpacked(each) if each else None for each in Payloads.joined(records.headers).list()],
            joined(records.timestamps).tolist(),
            strict=True,
        )
    )
    plain = Consumer({"bootstrap.servers": kafka, "group.id": "plain", "auto.offset.reset": "earliest"})
    plain.assign([TopicPartition(topic, 0, 0)])
    expected: list[Any] = []
    while len(expected) < len(SEND):
        for message in plain.consume(10, 1.0):
            kind, time = message.timestamp()
            assert kind != TIMESTAMP_NOT_AVAILABLE
            expected.append((message.value(), message.key(), message.headers(), time))
    plain.close()
    assert found == expected
    assert [each[:2] for each in found] == [each[:2] for each in SEND]
    assert joined(records.offsets).tolist() == list(range(len(SEND)))
    headers = Payloads.joined(records.headers).size
    assert headers > 0
    assert read.size == sum(len(value or b"") + len(key or b"") for value, key, *_ in SEND) + headers


def test_topics_and_partitions_are_told_apart(kafka: str, new_topic: Callable[..., str]) -> None:
    topics = [new_topic(partitions=3) for _ in range(3)]
    producer = Producer({"bootstrap.servers": kafka})
    sent: dict[tuple[str, int], list[bytes | None]] = {
        (topic, partition): [f"{topic} {partition} {number}".encode() for number in range(50)]
        for topic in topics
        for partition in range(3)
    }
    for (topic, partition), values in sent.items():
        for each in values:
            producer.produce(topic, each, partition=partition)
    assert producer.flush(30) == 0
    found: dict[tuple[str, int], list[bytes | None]] = {}
    with reading(kafka, topics) as consumer:
        for read in collect(consumer, 450):
            for number, value in zip(
                joined(read.records.partitions).tolist(), Payloads.joined(read.records.values).list(), strict=True
            ):
                found.setdefault((read.topic, number), []).append(value)
    assert found == sent


def test_what_is_read_is_given_back(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic(partitions=2)
    producer = Producer({"bootstrap.servers": kafka, "queue.buffering.max.messages": 200_000})
    for number in range(50_000):
        headers: Any = [("number", b"%d" % number)] if number % 2 else []
        producer.produce(topic, b"v" * 200, key=b"k", partition=number % 2, headers=headers)
    assert producer.flush(60) == 0
    held = []
    with reading(kafka, [topic], **{"queued.max.messages.kbytes": 4_096}) as consumer:
        for _ in range(20):
            collect(consumer, 50_000)
            held.append(psutil.Process().memory_info().rss)
            consumer.seek(dict.fromkeys(consumer.held(), 0))
    # 15 times 50,000 messages of 200 bytes are 150 MB.
    assert max(held[5:]) - held[5] < 30_000_000, held


def test_what_a_callback_raises_comes_out_of_reading(kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic()

    def refuse(_partitions: list[Partition]) -> dict[Partition, int]:
        raise LookupError("no position")

    def forget(_partitions: list[Partition]) -> None:
        pass

    config = SinkConfig(topics=(topic,), group=topic)
    consumer = TopicConsumer(config, kafka, Rebalance(refuse, forget, forget))
    with pytest.raises(LookupError, match="no position"):
        wait_until(lambda: bool(consumer.read(10, 0.1)), "never")
    assert consumer.held() == {}
    consumer.close()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("no.such.setting", "1", "no.such.setting"),
        ("session.timeout.ms", "soon", "session.timeout.ms"),
        ("sasl.mechanism", "NONE OF THEM", "sasl"),
    ],
)
def test_a_setting_that_librdkafka_refuses_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(SinkMisconfigured, match=told), reading("127.0.0.1:1", ["t"], **{name: value}):
        pass


def test_a_function_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    librdkafka.functions.cache_clear()
    monkeypatch.setitem(librdkafka._SIGNATURES, "not_there", (ctypes.c_int, ()))
    with pytest.raises(SinkMisconfigured, match="rd_kafka_not_there"):
        librdkafka.functions()
    monkeypatch.undo()
    librdkafka.functions.cache_clear()
    assert librdkafka.error_name(-191) == "_PARTITION_EOF"


@settings(deadline=None)
@given(st.lists(st.none() | st.binary(max_size=20), max_size=30), st.data())
def test_pieces_are_the_strings_they_hold(strings: list[bytes | None], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(strings)), max_size=4)))
    pieces = [Payloads.of(strings[start:stop]) for start, stop in zip([0, *cuts], [*cuts, len(strings)], strict=True)]
    whole = Payloads.joined(pieces)
    assert whole.list() == strings
    assert whole.size == sum(len(each or b"") for each in strings)
    chosen = data.draw(st.lists(st.integers(0, len(strings) - 1), max_size=10)) if strings else []
    assert whole.take(np.array(chosen, np.int64)).list() == [strings[i] for i in chosen]
    assert Payloads.missing(len(strings)).list() == [None] * len(strings)


def test_more_than_fits_into_a_piece_is_refused() -> None:
    check_size(MOST_BYTES)
    with pytest.raises(OverflowError, match="batch_bytes"):
        check_size(MOST_BYTES + 1)
