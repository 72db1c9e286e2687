"""The ledger: how far each partition has landed. All of it is read and moved inside transactions of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from sinks.records import Partition, Range


@dataclass(frozen=True)
class Identity:
    """Which topics are meant: names come again, these ids do not."""

    cluster_id: str
    topic_ids: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A row of ``ledger.offsets``."""

    cluster_id: str
    topic_id: str
    partition: Partition
    next_offset: int

    def matches(self, identity: Identity) -> bool:
        """Whether the row is of the same cluster and the same topic, not only of the same names."""
        same_topic = identity.topic_ids[self.partition.topic] == self.topic_id
        return same_topic and identity.cluster_id == self.cluster_id


def entries(connection: duckdb.DuckDBPyConnection, topics: Iterable[str]) -> list[Entry]:
    """All rows of the topics of those names, also of topics and clusters that are no more."""
    rows = connection.execute(
        "select cluster_id, topic_id, topic, partition, next_offset from lake.ledger.offsets "
        "where list_contains($topics::varchar[], topic)",
        {"topics": list(topics)},
    ).fetchall()
    return [
        Entry(cluster, topic_id, Partition(topic, number), offset) for cluster, topic_id, topic, number, offset in rows
    ]


def add(
    connection: duckdb.DuckDBPyConnection, identity: Identity, starts: Mapping[Partition, int], at: datetime
) -> None:
    """Add rows for partitions that have none; to be called in a transaction.

    Two sinks that do so at once conflict over the registry's only row, so that one of them fails and, when it tries
    again, sees the other's rows.
    """
    connection.execute("update lake.ledger.registry set registrations = registrations + 1")
    connection.execute(
        """
        insert into lake.ledger.offsets by name
        select
            $cluster_id as cluster_id,
            fresh.topic,
            fresh.topic_id,
            fresh.partition,
            fresh.next_offset,
            $at as updated_at
        from (
            select
                unnest($topics::varchar[]) as topic,
                unnest($topic_ids::varchar[]) as topic_id,
                unnest($partitions::integer[]) as partition,
                unnest($offsets::bigint[]) as next_offset
        ) as fresh
        anti join lake.ledger.offsets as known
            on known.cluster_id = $cluster_id and known.topic = fresh.topic
            and known.topic_id = fresh.topic_id and known.partition = fresh.partition
        """,
        {
            "cluster_id": identity.cluster_id,
            "topics": [partition.topic for partition in starts],
            "topic_ids": [identity.topic_ids[partition.topic] for partition in starts],
            "partitions": [partition.number for partition in starts],
            "offsets": list(starts.values()),
            "at": at,
        },
    )


def advance(
    connection: duckdb.DuckDBPyConnection, identity: Identity, ranges: Mapping[Partition, Range], at: datetime
) -> int:
    """Move each partition from its range's first to its next offset; returns how many rows were as expected.

    Fewer (or, were the ledger damaged, more) than there are ranges means that the caller must not commit. A row that is
    held does not move; see ``hold``.
    """
    moved = connection.execute(
        """
        update lake.ledger.offsets as ledger
        set next_offset = moved.next_offset, updated_at = $at
        from (
            select
                unnest($topics::varchar[]) as topic,
                unnest($topic_ids::varchar[]) as topic_id,
                unnest($partitions::integer[]) as partition,
                unnest($expected::bigint[]) as expected,
                unnest($next::bigint[]) as next_offset
        ) as moved
        where ledger.cluster_id = $cluster_id and ledger.topic = moved.topic and ledger.topic_id = moved.topic_id
            and ledger.partition = moved.partition and ledger.next_offset = moved.expected
            and (ledger.held_until is null or ledger.held_until < timezone('UTC', now()))
        """,
        {
            "cluster_id": identity.cluster_id,
            "topics": [partition.topic for partition in ranges],
            "topic_ids": [identity.topic_ids[partition.topic] for partition in ranges],
            "partitions": [partition.number for partition in ranges],
            "expected": [each.first for each in ranges.values()],
            "next": [each.next for each in ranges.values()],
            "at": at,
        },
    ).fetchone()
    assert moved is not None
    return int(moved[0])


def hold(connection: duckdb.DuckDBPyConnection, topics: Iterable[str] | None, seconds: float) -> None:
    """Ask all sinks of these topics (None: of all) to repeat their commits for so long instead of making them.

    DuckLake lets nobody delete from a table that somebody else inserted into meanwhile, so a long delete would never
    win against sinks that commit every second. A courtesy only: nothing that is right depends on it, and it ends by
    itself. With 0 seconds it ends now.
    """
    connection.execute(
        """
        update lake.ledger.offsets
        set held_until = case when $seconds > 0 then timezone('UTC', now()) + to_milliseconds($seconds * 1000) end
        where $topics is null or list_contains($topics::varchar[], topic)
        """,
        {"topics": None if topics is None else list(topics), "seconds": seconds},
    )


def remove(connection: duckdb.DuckDBPyConnection, gone: Iterable[Entry]) -> None:
    """Remove rows of topics that are no more."""
    for entry in gone:
        connection.execute(
            "delete from lake.ledger.offsets where cluster_id = ? and topic_id = ? and topic = ? and partition = ?",
            [entry.cluster_id, entry.topic_id, *entry.partition],
        )


def is_landed(connection: duckdb.DuckDBPyConnection, commit_id: str) -> bool:
    """Whether the ledger has that commit."""
    found = connection.execute("select count(*) from lake.ledger.commits where commit_id = ?", [commit_id]).fetchone()
    assert found is not None
    return bool(found[0])
