"""Where to read on: each partition's offset as the ledger has it, once that is shown to continue what was landed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Literal

import duckdb

from lakehouse.transactions import transaction
from sinks import ledger
from sinks.broker import Broker, Held
from sinks.errors import OffsetsLost, OtherCluster, TopicRecreated
from sinks.lake_session import LakeSession
from sinks.ledger import Entry, Identity
from sinks.records import Partition


class Positions:
    """Answers where partitions stand, and adds those that were never landed to the ledger.

    Raises (every method):
        OffsetsLost, TopicRecreated, OtherCluster: the broker does not continue what the ledger says.
    """

    def __init__(
        self,
        session: LakeSession,
        broker: Broker,
        identity: Identity,
        start: Literal["earliest", "latest"],
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._broker = broker
        self._identity = identity
        self._start = start
        self._clock = clock

    def known(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The next offset of those of ``partitions`` that the ledger has."""
        wanted = list(partitions)
        topics = {partition.topic for partition in wanted}
        found = self._session.insist(lambda connection, _: ledger.entries(connection, topics))
        current = {entry.partition: entry.next_offset for entry in found if entry.matches(self._identity)}
        for topic in topics - {partition.topic for partition in current}:
            require_same_topic(topic, [entry for entry in found if entry.partition.topic == topic], self._identity)
        return {partition: current[partition] for partition in wanted if partition in current}

    def resolve(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The next offset of each of ``partitions``, all of which the broker can still deliver."""
        wanted = list(partitions)
        held = self._broker.held(wanted)
        known = self.known(wanted)
        fresh = {partition: held[partition].start for partition in wanted if partition not in known}
        if fresh and self._start == "latest":
            # A partition added to a topic that is landed already is new from its first message on.
            landed = self._landed_topics({partition.topic for partition in fresh})
            fresh |= {partition: held[partition].end for partition in fresh if partition.topic not in landed}
        if fresh:
            self._session.insist(lambda connection, _: self._add(connection, fresh))
            known = self.known(wanted)
        for partition, offset in known.items():
            require_held(partition, offset, held[partition])
        return known

    def _landed_topics(self, topics: set[str]) -> set[str]:
        found = self._session.insist(lambda connection, _: ledger.entries(connection, topics))
        return {entry.partition.topic for entry in found if entry.matches(self._identity)}

    def _add(self, connection: duckdb.DuckDBPyConnection, fresh: Mapping[Partition, int]) -> None:
        with transaction(connection):
            ledger.add(connection, self._identity, fresh, self._clock())


def require_held(partition: Partition, offset: int, held: Held) -> None:
    """Make sure that the partition can be read on at ``offset``.

    Raises:
        OffsetsLost: what comes next was removed before it was landed, or the topic ends before it.
    """
    if offset < held.start:
        raise OffsetsLost(
            partition.topic,
            f"{partition}: offsets {offset} to {held.start - 1} were removed from the topic before they were landed "
            f"(it begins at {held.start} now). To go on without them, record the gap with 'vigil sink accept-gap'.",
        )
    if offset > held.end:
        raise OffsetsLost(
            partition.topic,
            f"{partition}: the ledger says that offset {offset} comes next, but the topic ends at {held.end}: it was "
            "truncated after landing. Find out what was lost before anything is landed on top.",
        )


def require_same_topic(topic: str, entries: list[Entry], identity: Identity) -> None:
    """Make sure that ``entries``, none of which is of the current topic, do not tell of a former one.

    Raises:
        OtherCluster, TopicRecreated: they do.
    """
    if not entries:
        return
    latest = entries[-1]
    if latest.cluster_id != identity.cluster_id:
        raise OtherCluster(
            f"topic {topic} was landed from the cluster {latest.cluster_id}, but this is {identity.cluster_id}. "
            "Correct KAFKA_BOOTSTRAP_SERVERS; if the topic has moved for good, record it with 'vigil sink accept-gap'."
        )
    raise TopicRecreated(
        topic,
        f"topic {topic} was deleted and made again: its id is {identity.topic_ids[topic]}, and the one landed so far "
        f"was {latest.topic_id}. To land the new one, record with 'vigil sink accept-gap' that the old one ended.",
    )
