"""Filling a batch: messages and positions are gathered until enough rows, bytes or time have come together."""

from __future__ import annotations

from sinks.config import SinkConfig
from sinks.records import Batch, Partition, Range, Records

# What has come within this time is worth a batch of its own when nothing else is under way: whoever waits for it sees
# it sooner, and under load, when something always is, batches grow as large as ever.
IDLE_SECONDS = 0.15


class Accumulation:
    """The batch that is being filled, and the next offset of every partition this sink holds.

    Offsets only move forward: a message below a partition's position was read before and is an error of the caller.
    """

    def __init__(self, config: SinkConfig) -> None:
        self._config = config
        self._records: dict[str, Records] = {}
        self._sizes: dict[str, int] = {}
        self._since: float | None = None
        # Where the ledger will stand once everything handed over has landed, and where we have read to.
        self._handed: dict[Partition, int] = {}
        self.positions: dict[Partition, int] = {}

    @property
    def rows(self) -> int:
        """Messages gathered so far."""
        return sum(map(len, self._records.values()))

    @property
    def room(self) -> int:
        """Messages that the batch still takes; at least 1."""
        return max(self._config.batch_rows - self.rows, 1)

    @property
    def moved(self) -> bool:
        """Whether any position moved since the last batch, with or without messages."""
        return self.positions != self._handed

    def hold(self, positions: dict[Partition, int]) -> None:
        """Begin (or begin anew) with these partitions at these offsets, as the ledger has them."""
        self.release(positions)
        self._handed |= positions
        self.positions |= positions

    def release(self, partitions: dict[Partition, int] | set[Partition]) -> None:
        """Forget these partitions and what was gathered of them."""
        by_topic: dict[str, list[int]] = {}
        for partition in partitions:
            if self._handed.pop(partition, None) is not None:
                del self.positions[partition]
                by_topic.setdefault(partition.topic, []).append(partition.number)
        for topic, numbers in by_topic.items():
            if topic in self._records:
                self._records[topic] = self._records[topic].without(numbers)
                self._sizes[topic] = self._records[topic].size
        if not self.moved:
            self._since = None

    def add(self, topic: str, records: Records, size: int, positions: dict[Partition, int], now: float) -> None:
        """Gather ``records`` (``size`` bytes), after which its partitions stand at ``positions``."""
        self._records.setdefault(topic, Records()).extend(records)
        self._sizes[topic] = self._sizes.get(topic, 0) + size
        self.advance(positions, now)

    def advance(self, positions: dict[Partition, int], now: float) -> None:
        """Move positions, over holes when no message came with it."""
        for partition, position in positions.items():
            if position > self.positions.get(partition, position):
                self.positions[partition] = position
                self._since = now if self._since is None else self._since

    def due(self, now: float, idle: bool = False) -> bool:
        """Whether the batch is full or old enough, which it is sooner while no other is under way (``idle``)."""
        if self._since is None:
            return False
        age = now - self._since
        return (
            age >= self._config.batch_seconds
            or (idle and age >= IDLE_SECONDS)
            or sum(self._sizes.values()) >= self._config.batch_bytes
            or self.rows >= self._config.batch_rows
        )

    def cut(self) -> Batch:
        """The batch so far; filling starts anew behind it."""
        ranges = {
            partition: Range(self._handed[partition], position)
            for partition, position in self.positions.items()
            if position > self._handed[partition]
        }
        records = {topic: records for topic, records in self._records.items() if len(records)}
        batch = Batch(records, ranges, self._sizes)
        self._handed = dict(self.positions)
        self._records, self._sizes, self._since = {}, {}, None
        return batch
