"""Messages in columns, and a batch of them: what is consumed, before it is decoded."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sinks.payloads import Payloads

Ints = npt.NDArray[np.int64]
Headers = list[tuple[str, bytes | None]]


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.number}]"


class Range(NamedTuple):
    """Offsets from ``first`` (as the ledger has it) up to, not including, ``next``."""

    first: int
    next: int


@dataclass
class Records:
    """Messages of one topic in the order they came, a column an attribute, each in pieces that are as long.

    ``headers`` are packed, see ``messages.unpacked``. Timestamps are milliseconds, -1 unknown.
    """

    values: list[Payloads] = field(default_factory=list)
    keys: list[Payloads] = field(default_factory=list)
    headers: list[Payloads] = field(default_factory=list)
    partitions: list[Ints] = field(default_factory=list)
    offsets: list[Ints] = field(default_factory=list)
    timestamps: list[Ints] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.offsets))

    @property
    def size(self) -> int:
        """The bytes of values, keys and headers."""
        return sum(piece.size for pieces in (self.values, self.keys, self.headers) for piece in pieces)

    def extend(self, more: Records) -> None:
        """Append the messages of ``more``."""
        self.values += more.values
        self.keys += more.keys
        self.headers += more.headers
        self.partitions += more.partitions
        self.offsets += more.offsets
        self.timestamps += more.timestamps

    def without(self, gone: Sequence[int]) -> Records:
        """The messages of all partitions but ``gone``."""
        partitions = joined(self.partitions)
        return self.take(np.flatnonzero(~np.isin(partitions, gone)))

    def take(self, keep: Ints) -> Records:
        """The messages at these positions."""
        return Records(
            values=[Payloads.joined(self.values).take(keep)],
            keys=[Payloads.joined(self.keys).take(keep)],
            headers=[Payloads.joined(self.headers).take(keep)],
            partitions=[joined(self.partitions)[keep]],
            offsets=[joined(self.offsets)[keep]],
            timestamps=[joined(self.timestamps)[keep]],
        )


def joined(parts: list[Ints]) -> Ints:
    """The parts as one array."""
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


@dataclass(frozen=True)
class Batch:
    """What is landed by one transaction: messages by topic, and how far each partition moves (also over holes).

    ``sizes`` are the bytes of the messages (values, keys and headers), by topic.
    """

    records: dict[str, Records]
    ranges: dict[Partition, Range]
    sizes: dict[str, int] = field(default_factory=dict)
    commit_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def topics(self) -> set[str]:
        """The topics of which the batch covers offsets."""
        return {partition.topic for partition in self.ranges}

    def only(self, topics: Collection[str]) -> Batch:
        """The batch's share of ``topics``, under the same id."""
        return Batch(
            {topic: records for topic, records in self.records.items() if topic in topics},
            {partition: each for partition, each in self.ranges.items() if partition.topic in topics},
            {topic: size for topic, size in self.sizes.items() if topic in topics},
            self.commit_id,
        )

    def offsets_of(self, topic: str) -> int:
        """How many offsets of ``topic`` the batch covers, holes included."""
        return sum(each.next - each.first for partition, each in self.ranges.items() if partition.topic == topic)
