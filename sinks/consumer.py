"""The first stage: a Kafka consumer whose positions come from the ledger, never from the consumer group."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from sinks.config import SinkConfig
from sinks.errors import BrokerFailed, OffsetsLost, SinkMisconfigured, TopicMissing
from sinks.records import Partition, Records

# More in one call only makes the pauses longer, fewer costs a call each.
MESSAGES_A_CALL = 10_000
TUNING: dict[str, Any] = {
    # Deep prefetch: the broker's answers wait for us, not we for them.
    "queued.min.messages": 200_000,
    "queued.max.messages.kbytes": 131_072,
    "fetch.message.max.bytes": 4_194_304,
    "fetch.wait.max.ms": 50,
    "fetch.queue.backoff.ms": 10,
    "session.timeout.ms": 30_000,
}


@dataclass(frozen=True)
class Read:
    """Messages of one topic as they came, ``size`` bytes in all, and where their partitions stand after them."""

    topic: str
    records: Records
    size: int
    positions: dict[Partition, int]


@dataclass(frozen=True)
class Rebalance:
    """What to do when the group gives partitions to this member or takes them away; called while reading.

    ``assigned`` answers where each partition is to be read from. ``revoked`` may use time, ``lost`` has none left:
    the group has given the partitions to another member already.
    """

    assigned: Callable[[list[Partition]], dict[Partition, int]]
    revoked: Callable[[list[Partition]], None]
    lost: Callable[[list[Partition]], None]


class TopicConsumer:
    """Reads the topics of a sink. For one thread, in which the calls of ``rebalance`` happen too."""

    def __init__(self, config: SinkConfig, bootstrap_servers: str, rebalance: Rebalance) -> None:
        settings = {
            **TUNING,
            **config.kafka,
            "bootstrap.servers": bootstrap_servers,
            "group.id": config.group,
            "auto.offset.reset": "error",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "partition.assignment.strategy": "cooperative-sticky",
        }
        self._config = config
        self._rebalance = rebalance
        self._held: dict[Partition, int] = {}
        try:
            self._consumer = Consumer(settings)
        except KafkaException as error:
            raise SinkMisconfigured(f"librdkafka refuses the kafka. settings: {error}") from error
        self._consumer.subscribe(
            list(config.topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def read(self, most: int, seconds: float) -> Iterator[Read]:
        """At most ``most`` messages that have come within ``seconds``, by topic; also positions moved over holes.

        Raises:
            OffsetsLost: the broker no longer holds the offset that comes next.
            TopicMissing, BrokerFailed: the broker says so.
        """
        messages = self._consumer.consume(min(most, MESSAGES_A_CALL), seconds)
        if not messages:
            return
        ends: list[Read] = []
        if any(map(Message.error, messages)):
            ends, messages = self._sort_out(messages)
        for topic, chosen in self._by_topic(messages).items():
            if read := self._in_columns(topic, chosen):
                yield read
        for end in ends:
            for partition, position in end.positions.items():
                if position > self._held.get(partition, position):
                    self._held[partition] = position
                    yield end

    def held(self) -> dict[Partition, int]:
        """The partitions assigned to this member, and the next offset of each."""
        return dict(self._held)

    def seek(self, positions: dict[Partition, int]) -> None:
        """Read these partitions, which are assigned, on from these offsets; what was fetched ahead is dropped."""
        self._consumer.incremental_unassign([TopicPartition(*partition) for partition in positions])
        self._consumer.incremental_assign([TopicPartition(*each, offset) for each, offset in positions.items()])
        self._held |= positions

    def wait_paused(self, seconds: float) -> None:
        """Stay a member of the group for ``seconds`` without reading."""
        held = [TopicPartition(*partition) for partition in self._held]
        self._consumer.pause(held)
        # A message can only come when partitions were assigned meanwhile; it is read again after the seek.
        self._consumer.poll(seconds)
        # Being paused outlives being assigned anew.
        self._consumer.resume(held)
        self.seek(self._held)

    def acknowledge(self, positions: dict[Partition, int], wait: bool = False) -> None:
        """Tell the group what has landed, for tools that show lag; nothing of ours reads it."""
        offsets = [TopicPartition(*each, offset) for each, offset in positions.items() if each in self._held]
        if offsets:
            # A member that the group has put out may not commit; what it landed stands in the ledger all the same.
            with contextlib.suppress(KafkaException):
                if wait:
                    self._consumer.commit(offsets=offsets, asynchronous=False)
                else:
                    self._consumer.commit(offsets=offsets, asynchronous=True)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _by_topic(self, messages: list[Any]) -> dict[str, list[Any]]:
        if messages and len(self._config.topics) == 1:
            return {self._config.topics[0]: messages}
        by_topic: dict[str, list[Any]] = {}
        for topic, run in groupby(messages, Message.topic):
            by_topic.setdefault(str(topic), []).extend(run)
        return by_topic

    def _in_columns(self, topic: str, messages: list[Any]) -> Read | None:
        count = len(messages)
        numbers = np.fromiter(map(Message.partition, messages), np.int64, count)
        offsets = np.fromiter(map(Message.offset, messages), np.int64, count)
        positions = {}
        for number in np.unique(numbers).tolist():
            partition = Partition(topic, number)
            if partition not in self._held:
                # Taken away in this very call; the next owner reads them.
                rest = [each for each in messages if each.partition() != number]
                return self._in_columns(topic, rest) if rest else None
            own = offsets[numbers == number]
            if own[0] < self._held[partition] or (np.diff(own) <= 0).any():
                raise BrokerFailed(
                    f"{partition}: offset {int(own[0])} was delivered where {self._held[partition]} comes next"
                )
            positions[partition] = int(own[-1]) + 1
        self._held |= positions
        # Pairs of a kind (0: none) and milliseconds; flattened as they come, which is twice as fast as unpacking.
        pairs = chain.from_iterable(map(Message.timestamp, messages))
        kinds, timestamps = np.fromiter(pairs, np.int64, 2 * count).reshape(count, 2).T.copy()
        timestamps[kinds == 0] = -1
        values: list[bytes | None] = list(map(Message.value, messages))
        records = Records(
            values=values,
            keys=list(map(Message.key, messages)),
            headers=[each.headers() for each in messages],
            partitions=[numbers],
            offsets=[offsets],
            timestamps=[timestamps],
        )
        return Read(topic, records, sum(map(len, filter(None, values))), positions)

    def _sort_out(self, messages: list[Any]) -> tuple[list[Read], list[Any]]:
        """Positions at the ends of partitions, and the messages proper; other errors are raised or pass by."""
        ends, proper = [], []
        for message in messages:
            error = message.error()
            if error is None:
                proper.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                partition = Partition(message.topic(), message.partition())
                ends.append(Read(partition.topic, Records(), 0, {partition: message.offset()}))
            else:
                self._raise(message, error)
        return ends, proper

    def _raise(self, message: Any, error: KafkaError) -> None:
        where = f"{message.topic()}[{message.partition()}]" if message.topic() else "the brokers"
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            partition = Partition(message.topic(), message.partition())
            raise OffsetsLost(
                partition.topic,
                f"{where}: the offset that comes next ({self._held.get(partition)}) is not in the topic (any more): "
                f"{error.str()}. If it was removed before it was landed, record the gap with accept_gap.",
            )
        if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            raise TopicMissing(
                str(message.topic()), f"{where}: the brokers have no such topic; was it deleted? {error.str()}"
            )
        if not error.retriable() and error.code() not in _PASSING:
            raise BrokerFailed(f"{where}: {error.name()}: {error.str()}")

    def _on_assign(self, _consumer: Consumer, assigned: list[TopicPartition]) -> None:
        partitions = [Partition(each.topic, each.partition) for each in assigned]
        if strangers := sorted({partition.topic for partition in partitions} - set(self._config.topics)):
            # Kafka gives a static member what a former one of its name had, whatever it subscribes to now.
            raise SinkMisconfigured(
                f"the group {self._config.group!r} assigns {', '.join(strangers)}, which this sink does not land: "
                "another sink had the same kafka.group.instance.id for other topics. Give each its own."
            )
        positions = self._rebalance.assigned(partitions)
        self._consumer.incremental_assign([TopicPartition(*each, offset) for each, offset in positions.items()])
        self._held |= positions

    def _on_revoke(self, _consumer: Consumer, revoked: list[TopicPartition]) -> None:
        partitions = [Partition(each.topic, each.partition) for each in revoked]
        self._rebalance.revoked(partitions)
        self._drop(partitions, revoked)

    def _on_lost(self, _consumer: Consumer, lost: list[TopicPartition]) -> None:
        partitions = [Partition(each.topic, each.partition) for each in lost]
        self._rebalance.lost(partitions)
        self._drop(partitions, lost)

    def _drop(self, partitions: list[Partition], given: list[TopicPartition]) -> None:
        for partition in partitions:
            self._held.pop(partition, None)
        self._consumer.incremental_unassign(given)


# Brokers come and go; librdkafka connects again by itself.
_PASSING = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT})
