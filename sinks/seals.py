"""Seals: ranges of offsets that are done with, digested into a chain, so that an altered row shows years later.

A seal holds the SHA-256 of all rows and dead letters of a range of one partition, as texts that compaction does not
change, and the SHA-256 of that together with the seal before it. Who alters, adds or takes away a row breaks the seal
of its range; who makes that seal anew breaks the chain behind it; who makes the whole chain anew ends at another head
than the one that filings' manifests tell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from contracts import Contract, load
from contracts.contract import table_name
from lakehouse import snapshots
from lakehouse.schema import prepare
from lakehouse.transactions import insist, transaction
from sinks.canonical import digest, text
from sinks.seal_queries import CLOSED, LEDGER, LETTERS, REPLAYS, ROWS, SEALS

# Narrow enough to tell where something was altered, wide enough that a topic of a billion events has few.
OFFSETS = 100_000
# What a dead letter brought from its topic; the rest of it tells what became of it.
_LETTER = {
    "partition": "INTEGER",
    "offset": "BIGINT",
    "timestamp": "TIMESTAMP",
    "key": "BLOB",
    "value": "BLOB",
    "headers": "VARCHAR",
}
# What a commit or a rewind tells of a range.
_TOLD = {
    "kind": "VARCHAR",
    "commit_id": "VARCHAR",
    "at": "TIMESTAMP",
    "first_offset": "BIGINT",
    "next_offset": "BIGINT",
    "messages": "BIGINT",
    "before_snapshot": "BIGINT",
    "rewound_by": "VARCHAR",
    "reason": "VARCHAR",
}
_INSERT = """
insert into lake.ledger.seals by name
select
    $number::bigint as number, $cluster_id as cluster_id, $topic as topic, $topic_id as topic_id,
    $partition::integer as partition, $first_offset::bigint as first_offset, $next_offset::bigint as next_offset,
    $rows::bigint as rows, $dead_letters::bigint as dead_letters, $columns as columns, $digest as digest,
    $ledger as ledger, $chain as chain, $snapshot::bigint as snapshot, $sealed_at::timestamp as sealed_at
"""


@dataclass(frozen=True)
class Stretch:
    """Offsets of one partition of one generation (``cluster_id``, ``topic_id``) of a topic; ``next_offset`` is not in
    it."""

    cluster_id: str
    topic: str
    topic_id: str
    partition: int
    first_offset: int
    next_offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.first_offset}-{self.next_offset - 1}"


@dataclass(frozen=True)
class Content:
    """What the lake has of a stretch: how much, and its SHA-256 by the ``columns`` (names and types) of the table.

    ``ledger`` is the SHA-256 of the commits and rewinds that made it so; None in seals of former releases.
    """

    rows: int
    dead_letters: int
    columns: str
    digest: str
    ledger: str | None


@dataclass(frozen=True)
class Seal:
    """One link. ``chain`` is the SHA-256 of the one before and of this seal; ``snapshot`` is the one that was read.

    ``replaced_after`` is the last snapshot that has its rows, where they were landed again since, and ``replaced_by``
    who did so and why; else None.
    """

    number: int
    stretch: Stretch
    content: Content
    chain: str
    snapshot: int
    sealed_at: datetime
    replaced_after: int | None = None
    replaced_by: str | None = None


def seal(
    connection: duckdb.DuckDBPyConnection,
    at: datetime,
    contracts: Mapping[str, Contract] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    rest: timedelta = timedelta(0),
) -> list[Seal]:
    """Seal what has landed, or was landed again, since the newest seal; sinks may run meanwhile.

    Another process that seals at the same time is noticed, and what this one has left is left to the next call.

    Args:
        at: naive UTC.
        rest: how old a partition's newest seal becomes before one is made of fewer than ``OFFSETS``, lest a trickle
            makes a seal with every call.
        contracts: by topic, where they are not those of the site.
    """
    prepare(connection, ())
    pin = snapshots.latest(connection)
    made: list[Seal] = []
    standing = seals(connection)
    head = standing[-1] if standing else None
    for stretch in _due(connection, pin, standing, at - rest):
        content = read(connection, stretch, pin, table_of(stretch.topic, contracts))
        number = 1 if head is None else head.number + 1
        link = chained("" if head is None else head.chain, number, stretch, content, pin, at)
        head = Seal(number, stretch, content, link, pin, at)
        if not _append(connection, head):
            break
        made.append(head)
        progress(f"sealed {stretch}: {content.rows:,} rows, {content.dead_letters:,} dead letters")
    return made


def seals(connection: duckdb.DuckDBPyConnection) -> list[Seal]:
    """All seals, in the order of the chain; none where a lake was never sealed."""
    try:
        found = connection.execute(SEALS).fetchall()
    except duckdb.CatalogException:
        return []
    return [Seal(row[0], Stretch(*row[1:7]), Content(*row[7:12]), *row[12:]) for row in found]


def read(connection: duckdb.DuckDBPyConnection, stretch: Stretch, pin: int, table: str) -> Content:
    """What the lake has of ``stretch`` at snapshot ``pin``, to be sealed; ``table`` is the topic's landing table."""
    there = _columns(connection, table, pin)
    rows, letters, found = _rows(connection, stretch, pin, pin, table, there)
    told = json.dumps(there, sort_keys=True)
    return Content(rows, letters, told, found, _ledger(connection, stretch, pin, pin))


def read_again(connection: duckdb.DuckDBPyConnection, sealed: Seal, pin: int, table: str) -> Content:
    """What the lake has at snapshot ``pin`` of what was sealed, told as the seal tells it.

    Rows that were landed again since are those of the snapshot before that; the ledger is that of ``pin``.

    Raises:
        duckdb.Error: the table, or a column that the seal names, is not there.
        ValueError: the seal's columns name no type.
    """
    at = pin if sealed.replaced_after is None else sealed.replaced_after
    content = sealed.content
    # A column added since counts too, where it holds something.
    chosen = _columns(connection, table, at) | json.loads(content.columns)
    # Seals of former releases have no row of a replay, and nothing of the ledger.
    until = -1 if content.ledger is None else sealed.snapshot
    rows, letters, found = _rows(connection, sealed.stretch, at, until, table, chosen)
    ledger = None if content.ledger is None else _ledger(connection, sealed.stretch, pin, until)
    return Content(rows, letters, content.columns, found, ledger)


def _rows(
    connection: duckdb.DuckDBPyConnection, stretch: Stretch, pin: int, sealed: int, table: str, columns: dict[str, str]
) -> tuple[int, int, str]:
    """Rows and dead letters of a stretch, and the SHA-256 of both, as snapshot ``sealed`` had them."""
    known = {**vars(stretch), "sealed": sealed}
    rows, of_rows = digest(connection, _at(ROWS, pin, table=table, text=text(columns)), known)
    letters, of_letters = digest(connection, _at(LETTERS, pin, text=text(_LETTER)), vars(stretch))
    return rows, letters, hashlib.sha256(f"{of_rows}|{of_letters}".encode()).hexdigest()


def _ledger(connection: duckdb.DuckDBPyConnection, stretch: Stretch, pin: int, sealed: int) -> str:
    """The SHA-256 of what the ledger told of a stretch by snapshot ``sealed``, as it stands at ``pin``."""
    _, found = digest(connection, _at(LEDGER, pin, text=text(_TOLD)), {**vars(stretch), "sealed": sealed})
    return found


def chained(before: str, number: int, stretch: Stretch, content: Content, snapshot: int, sealed_at: datetime) -> str:
    """The link of a seal behind the link ``before``."""
    # In seals of former releases nothing is told of the ledger.
    read_there = [value for value in vars(content).values() if value is not None]
    told = json.dumps([before, number, *vars(stretch).values(), *read_there, snapshot, sealed_at.isoformat()])
    return hashlib.sha256(told.encode()).hexdigest()


def table_of(topic: str, contracts: Mapping[str, Contract] | None) -> str:
    """The topic's landing table; the one it had, where it has no contract any more."""
    known = (load() if contracts is None else contracts).get(topic)
    return known.table if known else table_name(topic)


def _due(connection: duckdb.DuckDBPyConnection, pin: int, standing: list[Seal], before: datetime) -> Iterator[Stretch]:
    """What was landed again since it was sealed, also of a dead letter, then what was never sealed; a rest, if none was
    since ``before``."""
    newest = {each.stretch: each for each in standing}
    replays: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for *of, offset, landed_in in connection.execute(_at(REPLAYS, pin)).fetchall():
        replays.setdefault(tuple(of), []).append((offset, landed_in))
    # A stretch that is sealed again keeps its place, so the last of a partition is the one that ends it.
    ends: dict[tuple[Any, ...], Seal] = {}
    for stretch, last in newest.items():
        partition = (stretch.cluster_id, stretch.topic, stretch.topic_id, stretch.partition)
        ends[partition] = last
        replayed = any(
            stretch.first_offset <= offset < stretch.next_offset and landed_in > last.snapshot
            for offset, landed_in in replays.get(partition, ())
        )
        if replayed or (last.replaced_after is not None and last.replaced_after < pin):
            yield stretch
    for *of, first, following in connection.execute(_at(CLOSED, pin)).fetchall():
        end = ends.get(tuple(of))
        rests = end is not None and end.sealed_at > before
        for edge in range(max(first, end.stretch.next_offset) if end else first, following, OFFSETS):
            if not (rests and edge + OFFSETS > following):
                yield Stretch(*(*of, edge, min(edge + OFFSETS, following)))


def _columns(connection: duckdb.DuckDBPyConnection, table: str, pin: int) -> dict[str, str]:
    """Names and types of the landing table's columns at ``pin``."""
    # Neither a table's name, which is a contract's, nor a snapshot can be bound.
    shape = connection.execute(f"describe select * from lake.landing.{table} at (version => {int(pin)})")  # noqa: S608
    return {row[0]: row[1] for row in shape.fetchall()}


def _append(connection: duckdb.DuckDBPyConnection, made: Seal) -> bool:
    """Whether the seal was the next one still; two who append one conflict, as both update the registry's only row."""

    def append() -> bool:
        with transaction(connection):
            connection.execute("update lake.ledger.registry set registrations = registrations")
            row = connection.execute("select coalesce(max(number), 0) from lake.ledger.seals").fetchone()
            if row is None or row[0] != made.number - 1:
                return False
            connection.execute(
                _INSERT,
                {"number": made.number, "chain": made.chain, "snapshot": made.snapshot, "sealed_at": made.sealed_at}
                | vars(made.stretch)
                | vars(made.content),
            )
        return True

    return insist(append)


def _at(statement: str, pin: int, **named: str) -> str:
    return statement.format(pin=int(pin), **named)
