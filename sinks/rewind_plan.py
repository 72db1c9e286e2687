"""What a rewind would land again: offsets by partition, and why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from contracts import Contract
from sinks import ledger
from sinks.broker import Broker, Held
from sinks.errors import RewindRefused
from sinks.ledger import Identity
from sinks.positions import require_same_topic
from sinks.records import Partition, Range
from sinks.rewind_queries import FIRST_LANDED, GONE, STANDING


@dataclass(frozen=True)
class Wanted:
    """What is to be landed again: offsets of one partition, or what Kafka's timestamps place in a time.

    ``to_offset`` and ``to_time`` are not included; None means up to where the ledger stands. Times are naive UTC.

    Raises:
        RewindRefused: neither, or both, or offsets without a partition.
    """

    topic: str
    partition: int | None = None
    from_offset: int | None = None
    to_offset: int | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None

    def __post_init__(self) -> None:
        by_offset, by_time = self.from_offset is not None, self.from_time is not None
        if by_offset == by_time or (self.to_time is not None and by_offset) or (self.to_offset is not None and by_time):
            raise RewindRefused(
                f"{self.topic}: name what to land again, by --from-offset [--to-offset] with --partition, "
                "or by --from-time [--to-time]"
            )
        if by_offset and self.partition is None:
            raise RewindRefused(f"{self.topic}: offsets are of one partition; name it by --partition")
        for first, following in ((self.from_offset, self.to_offset), (self.from_time, self.to_time)):
            if first is not None and following is not None and not first < following:  # type: ignore[operator]
                raise RewindRefused(f"{self.topic}: nothing lies from {first} up to, not including, {following}")


@dataclass(frozen=True)
class RewoundPartition:
    """One partition's part: its offsets, and what the lake has of them now; ``resolved`` of the letters stay."""

    partition: int
    first_offset: int
    next_offset: int
    rows: int
    dead_letters: int
    resolved: int

    @property
    def range(self) -> Range:
        """Its offsets."""
        return Range(self.first_offset, self.next_offset)


@dataclass(frozen=True)
class RewindPlan:
    """What a rewind would do: read ``offsets`` (at most so many messages) and replace rows and dead letters."""

    topic: str
    topic_id: str
    cluster_id: str
    partitions: tuple[RewoundPartition, ...]

    @property
    def identity(self) -> Identity:
        """Which topic it is."""
        return Identity(self.cluster_id, {self.topic: self.topic_id})

    @property
    def ranges(self) -> dict[Partition, Range]:
        """The offsets by partition."""
        return {Partition(self.topic, each.partition): each.range for each in self.partitions}

    @property
    def offsets(self) -> int:
        """How many offsets, holes included."""
        return sum(each.next_offset - each.first_offset for each in self.partitions)

    @property
    def rows(self) -> int:
        """Rows there now."""
        return sum(each.rows for each in self.partitions)

    @property
    def dead_letters(self) -> int:
        """Dead letters there now, replayed ones not counted: those are rows."""
        return sum(each.dead_letters for each in self.partitions)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the queries bind."""
        return identified(self.topic, self.identity) | {
            "partitions": [each.partition for each in self.partitions],
            "firsts": [each.first_offset for each in self.partitions],
            "nexts": [each.next_offset for each in self.partitions],
        }


def identified(topic: str, identity: Identity) -> dict[str, Any]:
    """The parameters that name a topic."""
    return {"cluster_id": identity.cluster_id, "topic": topic, "topic_id": identity.topic_ids[topic]}


def plan(connection: duckdb.DuckDBPyConnection, broker: Broker, contract: Contract, wanted: Wanted) -> RewindPlan:
    """Offsets of what is ``wanted``, all of which were landed and can be read again.

    Raises:
        RewindRefused: some were never landed, wait to be landed by a sink, or are no longer in the topic.
        TopicMissing, TopicRecreated, OtherCluster: it is not the topic that was landed.
    """
    topic = wanted.topic
    described = broker.topics([topic])[topic]
    identity = Identity(broker.cluster_id(), {topic: described.topic_id})
    entries = ledger.entries(connection, [topic])
    landed = {entry.partition: entry.next_offset for entry in entries if entry.matches(identity)}
    if not landed:
        require_same_topic(topic, entries, identity)
        raise RewindRefused(f"nothing of topic {topic} was landed yet; a sink will: vigil sink run --topic {topic}")
    chosen = [each for each in sorted(landed) if wanted.partition in (None, each.number)]
    if not chosen:
        raise RewindRefused(f"nothing of {Partition(topic, wanted.partition or 0)} was landed yet")
    held = broker.held(chosen)
    firsts = {
        Partition(topic, number): first
        for number, first in connection.execute(FIRST_LANDED, identified(topic, identity)).fetchall()
    }
    if wanted.from_time is not None:
        _require_readable(connection, contract, wanted, identity, held)
        ranges = _of_time(broker, wanted, landed, firsts, chosen)
    else:
        assert wanted.from_offset is not None
        ranges = {chosen[0]: _of_offsets(wanted, landed[chosen[0]], firsts.get(chosen[0]), held[chosen[0]], chosen[0])}
    if not ranges:
        raise RewindRefused(f"{topic}: nothing that was landed lies in that time")
    found = RewindPlan(
        topic,
        described.topic_id,
        identity.cluster_id,
        tuple(RewoundPartition(each.number, *ranges[each], 0, 0, 0) for each in sorted(ranges)),
    )
    # The table's name comes from a contract and has only letters, digits and underscores.
    counted = connection.execute(STANDING.replace("{table}", contract.table), found.parameters).fetchall()
    return RewindPlan(
        topic,
        described.topic_id,
        identity.cluster_id,
        tuple(
            RewoundPartition(number, *ranges[Partition(topic, number)], rows, letters, resolved)
            for number, rows, letters, resolved in counted
        ),
    )


def _of_offsets(wanted: Wanted, standing: int, first: int | None, held: Held, partition: Partition) -> Range:
    assert wanted.from_offset is not None
    following = standing if wanted.to_offset is None else wanted.to_offset
    if following > standing or wanted.from_offset >= standing:
        raise RewindRefused(
            f"{partition}: offset {standing} comes next there, so {max(standing, wanted.from_offset)} to "
            f"{max(following, wanted.from_offset + 1) - 1} were not landed yet; "
            f"the next sink lands them. Rewind up to --to-offset {standing} at most."
        )
    if first is None or wanted.from_offset < first:
        raise RewindRefused(
            f"{partition}: it was landed from offset {first} on, so there is nothing to land again from "
            f"{wanted.from_offset} to {(first or following) - 1}. Rewind from --from-offset {first} on."
        )
    if wanted.from_offset < held.start:
        raise _gone(partition, wanted.from_offset, min(following, held.start) - 1, held)
    return Range(wanted.from_offset, following)


def _of_time(
    broker: Broker,
    wanted: Wanted,
    landed: Mapping[Partition, int],
    firsts: Mapping[Partition, int],
    chosen: Iterable[Partition],
) -> dict[Partition, Range]:
    """From the first message of that time or later up to the first of its end or later; only what was landed."""
    assert wanted.from_time is not None
    partitions = list(chosen)
    begins = broker.at_time(partitions, wanted.from_time)
    ends = broker.at_time(partitions, wanted.to_time) if wanted.to_time is not None else {}
    ranges = {}
    for each in partitions:
        first = max(begins[each], firsts.get(each, begins[each]))
        following = min(ends.get(each, landed[each]), landed[each])
        if first < following:
            ranges[each] = Range(first, following)
    return ranges


def _require_readable(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    wanted: Wanted,
    identity: Identity,
    held: Mapping[Partition, Held],
) -> None:
    parameters = identified(wanted.topic, identity) | {
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "partitions": [each.number for each in held],
        "starts": [each.start for each in held.values()],
    }
    gone = connection.execute(GONE.replace("{table}", contract.table), parameters).fetchall()
    for number, first, last in gone:
        partition = Partition(wanted.topic, number)
        raise _gone(partition, first, last, held[partition])


def _gone(partition: Partition, first: int, last: int, held: Held) -> RewindRefused:
    return RewindRefused(
        f"{partition}: offsets {first} to {last} are no longer in the topic, which begins at {held.start} now: what "
        f"cannot be read again stays as it landed. Rewind from --from-offset {held.start} on."
    )
