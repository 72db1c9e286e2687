"""The first stage: a Kafka consumer whose positions come from the ledger, never from the consumer group."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from confluent_kafka import KafkaError

from sinks import messages
from sinks.broker import group_denied, topic_denied
from sinks.config import SinkConfig
from sinks.errors import BrokerFailed, OffsetsLost, SinkError, SinkMisconfigured, TopicMissing, TopicStopped
from sinks.librdkafka import Callbacks, Client, error_name
from sinks.messages import ERROR, HEADED, OFFSET, PARTITION, TIMESTAMP, TOPIC
from sinks.payloads import Payloads
from sinks.records import Ints, Partition, Records

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
# An answer of a broker is to have something of every partition, so that a flood in some holds no other up: it ends at
# fetch.max.bytes (50 MiB), and partitions come in the order of the question.
ANSWER_BYTES = 33_554_432
LEAST_PARTITION_BYTES = 131_072


def fetch_bytes(partitions: int) -> int:
    """How much of one partition an answer may have where so many are read; ``fetch.message.max.bytes``."""
    return int(max(min(ANSWER_BYTES // max(partitions, 1), TUNING["fetch.message.max.bytes"]), LEAST_PARTITION_BYTES))


def place_among(topics: Iterable[str], place: str) -> str:
    """A static member's name in the group: its ``place``, and eight digits that stand for the topics it reads.

    A member that comes back under its former name is given what it had, whatever it reads now: a topic that is new to
    it would not be read by anyone until the group next balances for another reason.
    """
    return f"{place}.{hashlib.sha256(' '.join(sorted(topics)).encode()).hexdigest()[:8]}"


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

    ``assigned`` answers where each partition is to be read from; those it leaves out stand aside. ``revoked`` may use
    time, ``lost`` has none left: the group has given the partitions to another member already.
    """

    assigned: Callable[[list[Partition]], dict[Partition, int]]
    revoked: Callable[[list[Partition]], None]
    lost: Callable[[list[Partition]], None]


class TopicConsumer:
    """Reads the topics of a sink. For one thread, in which the calls of ``rebalance`` happen too.

    Partitions that stand aside are not read, but remain this member's in the group. ``failures``, to be taken out by
    the caller after reading, are errors of single topics. Without ``rebalance`` it is in no group, reads what
    ``assign`` gives it, and raises those errors. ``partitions`` is how many there are to be shared among the group.
    """

    def __init__(
        self,
        config: SinkConfig,
        bootstrap_servers: str,
        rebalance: Rebalance | None,
        topics: Iterable[str] | None = None,
        partitions: int = 1,
    ) -> None:
        settings = {
            **TUNING,
            "fetch.message.max.bytes": fetch_bytes(partitions),
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
        read = frozenset(config.topics if topics is None else topics)
        if place := config.kafka.get("group.instance.id"):
            settings["group.instance.id"] = place_among(read, str(place))
        self._group = config.group
        self._topics: frozenset[str] = frozenset()
        self._rebalance = rebalance
        # What the group gave us, and what of it is read.
        self._given: set[Partition] = set()
        self._held: dict[Partition, int] = {}
        self._errors: list[SinkError] = []
        self.failures: deque[TopicStopped] = deque()
        self._addresses = np.empty(MESSAGES_A_CALL, np.int64)
        self._client = Client(settings, Callbacks(self._on_assign, self._on_revoke, self._on_lost))
        if rebalance:
            try:
                self.subscribe(read)
            except BaseException:
                self._client.close()
                raise

    def subscribe(self, topics: Iterable[str]) -> None:
        """Read these topics, also if others were read so far; the group is told at the next call that reads."""
        self._topics = frozenset(topics)
        self._client.subscribe(sorted(self._topics))

    def read(self, most: int, seconds: float) -> list[Read]:
        """At most ``most`` messages that have come within ``seconds``, by topic; also positions moved over holes.

        Afterwards ``failures`` has OffsetsLost where the broker no longer holds the offset that comes next, and
        TopicMissing where it has no such topic.

        Raises:
            BrokerFailed: the broker says so, of no topic in particular. An error that comes among messages is raised by
                the call after, so that nothing is missing behind it.
        """
        self._client.raise_failure()
        if self._errors:
            raise self._errors.pop(0)
        count = self._client.consume(self._addresses[:most], seconds)
        addresses = self._addresses[:count]
        try:
            return self._taken(addresses) if count else []
        finally:
            messages.destroy(addresses)

    def held(self) -> dict[Partition, int]:
        """The partitions that are read, and the next offset of each."""
        return dict(self._held)

    def assign(self, positions: dict[Partition, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        self._client.unassign(self._held)
        self._client.assign(positions)
        self._held = dict(positions)

    def seek(self, positions: dict[Partition, int]) -> None:
        """Read these partitions, which are assigned, on from these offsets; what was fetched ahead is dropped."""
        self._client.unassign(positions)
        self._client.assign(positions)
        self._held |= positions

    def given(self, topic: str) -> set[Partition]:
        """The partitions of ``topic`` that the group has assigned to this member, read or standing aside."""
        return {partition for partition in self._given if partition.topic == topic}

    def stand_aside(self, partitions: Iterable[Partition]) -> None:
        """Read these partitions no more; what was fetched ahead is dropped. The group does not learn of it."""
        self._client.unassign([partition for partition in partitions if self._held.pop(partition, None) is not None])

    def return_to(self, positions: dict[Partition, int]) -> None:
        """Read partitions that stand aside again, from these offsets."""
        self._client.assign(positions)
        self._held |= positions

    def wait_paused(self, seconds: float) -> None:
        """Stay a member of the group for ``seconds`` without reading."""
        held = list(self._held)
        self._client.pause(held)
        # A message can only come when partitions were assigned meanwhile; it is read again after the seek.
        count = self._client.consume(self._addresses[:1], seconds)
        messages.destroy(self._addresses[:count])
        # Being paused outlives being assigned anew.
        self._client.resume(held)
        self.seek(self._held)

    def acknowledge(self, positions: dict[Partition, int], wait: bool = False) -> None:
        """Tell the group what has landed, for tools that show lag; nothing of ours reads it."""
        offsets = {partition: offset for partition, offset in positions.items() if partition in self._given}
        if offsets:
            # A member that the group has put out may not commit; what it landed stands in the ledger all the same.
            with contextlib.suppress(BrokerFailed):
                self._client.commit(offsets, wait)

    def close(self) -> None:
        """Leave the group."""
        if not self._rebalance:
            self._client.unassign(self._held)
        self._client.close()

    def _taken(self, addresses: Ints) -> list[Read]:
        found = messages.describe(addresses)
        proper = np.flatnonzero(found[ERROR] == 0)
        ends = self._ends(addresses, found) if len(proper) < len(addresses) else []
        by_topic: dict[str, list[Ints]] = {}
        for topic in np.unique(found[TOPIC, proper]).tolist():
            by_topic.setdefault(self._client.topic(topic), []).append(proper[found[TOPIC, proper] == topic])
        reads = []
        for topic, chosen in by_topic.items():
            reads += self._in_columns(topic, addresses, found, np.sort(np.concatenate(chosen)))
        for end in ends:
            for partition, position in end.positions.items():
                if position > self._held.get(partition, position):
                    self._held[partition] = position
                    reads.append(end)
        return reads

    def _in_columns(self, topic: str, addresses: Ints, found: Ints, chosen: Ints) -> list[Read]:
        positions = {}
        for number in np.unique(found[PARTITION, chosen]).tolist():
            partition = Partition(topic, number)
            if partition not in self._held:
                # Taken away in this very call; the next owner reads them.
                chosen = chosen[found[PARTITION, chosen] != number]
                continue
            own = found[OFFSET, chosen[found[PARTITION, chosen] == number]]
            if own[0] < self._held[partition] or (np.diff(own) <= 0).any():
                raise BrokerFailed(
                    f"{partition}: offset {int(own[0])} was delivered where {self._held[partition]} comes next"
                )
            positions[partition] = int(own[-1]) + 1
        self._held |= positions
        if not len(chosen):
            return []
        own_addresses = addresses[chosen]
        headed = found[HEADED, chosen].any()
        records = Records(
            values=[messages.values(own_addresses)],
            keys=[messages.keys(own_addresses)],
            headers=[messages.headers(own_addresses) if headed else Payloads.missing(len(chosen))],
            partitions=[found[PARTITION, chosen]],
            offsets=[found[OFFSET, chosen]],
            timestamps=[found[TIMESTAMP, chosen]],
        )
        return [Read(topic, records, records.size, positions)]

    def _ends(self, addresses: Ints, found: Ints) -> list[Read]:
        """Positions at the ends of partitions; other errors are kept for the next call, or pass by."""
        ends = []
        for i in np.flatnonzero(found[ERROR]).tolist():
            code, topic, number, offset = found[[ERROR, TOPIC, PARTITION, OFFSET], i].tolist()
            partition = Partition(self._client.topic(topic), number) if topic else None
            if partition and code == KafkaError._PARTITION_EOF:
                ends.append(Read(partition.topic, Records(), 0, {partition: offset}))
            elif error := self._error(partition, code, self._client.error_text(int(addresses[i]))):
                if isinstance(error, TopicStopped) and self._rebalance:
                    self.failures.append(error)
                else:
                    self._errors.append(error)
        return ends

    def _error(self, partition: Partition | None, code: int, text: str) -> SinkError | None:
        where = str(partition) if partition else "the brokers"
        if partition and code == KafkaError._AUTO_OFFSET_RESET:
            if partition not in self._held:
                return None
            return OffsetsLost(
                partition.topic,
                f"{where}: the offset that comes next ({self._held[partition]}) is not in the topic (any more): "
                f"{text}. If it was removed before it was landed, record the gap with accept_gap.",
            )
        if partition and code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            return TopicMissing(partition.topic, f"{where}: the brokers have no such topic; was it deleted? {text}")
        if partition and code == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return topic_denied(partition.topic, "Read" if "Fetch" in text else "Describe")
        if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
            return group_denied(self._group)
        if code == KafkaError._FATAL:
            return BrokerFailed(f"{where}: {self._client.fatal_error()}")
        if code not in _PASSING:
            return BrokerFailed(f"{where}: {error_name(code)}: {text}")
        return None

    def _on_assign(self, partitions: list[Partition]) -> None:
        if strangers := sorted({partition.topic for partition in partitions} - self._topics):
            # It was started with the topics of this one, found these by its patterns, and now they are gone.
            raise SinkMisconfigured(
                f"the group {self._group!r} assigns {', '.join(strangers)}, which this sink does not land: "
                "the former one of its kafka.group.instance.id did. Start it again after kafka.session.timeout.ms."
            )
        assert self._rebalance is not None
        positions = self._rebalance.assigned(partitions)
        self._given.update(partitions)
        self._client.assign(positions)
        self._held |= positions

    def _on_revoke(self, partitions: list[Partition]) -> None:
        assert self._rebalance is not None
        self._rebalance.revoked(partitions)
        self._drop(partitions)

    def _on_lost(self, partitions: list[Partition]) -> None:
        assert self._rebalance is not None
        self._rebalance.lost(partitions)
        self._drop(partitions)

    def _drop(self, partitions: list[Partition]) -> None:
        self._given.difference_update(partitions)
        # librdkafka refuses to give up what is not assigned, which holds for those that stand aside.
        self.stand_aside(partitions)


# Brokers come and go; librdkafka connects again by itself.
_PASSING = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT})
