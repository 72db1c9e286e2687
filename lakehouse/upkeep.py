"""Upkeep: few files and few snapshots, however long the lake is landed into; one process at a time, beside everything.

Nothing that can be asked for changes: rows keep the snapshot they came with, also in merged files, and these snapshots
stay: what builds ended at, for some weeks, and filings were made from, for as long as the law keeps them, where each
incremental model reads on, what a rewind replaced.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from lakehouse.second_names import KEPT, SecondNames
from lakehouse.snapshots import BUILD
from lakehouse.transactions import transaction

# Files below each size are merged once there are enough of them, so that a row is written about once a size. A larger
# file is left alone.
SIZES = (1 << 20, 16 << 20)
ENOUGH = 8
# Longer than a round takes, though two at once only waste work; a process that dies in one holds the others up so long.
LEASE = timedelta(minutes=1)
# A query that began before a file was merged may still read it.
READERS = timedelta(hours=1)
# A filing that is asked for is made from the newest build; one that was made keeps its snapshot by itself.
BUILDS = timedelta(days=35)
# What sinks write. A build that deletes from a table while its files are merged fails, so marts are left to those who
# know that none is under way.
SINKS_WRITE = ("landing", "ledger")
_STATE = "ledger.upkeep"
# When DuckLake repeats the commit of a flush or a rewrite, it forgets to take what it flushed out of the deleted rows'
# list, and rows count as deleted twice. So what was overtaken is done anew from the beginning, at most so often.
_ATTEMPTS = 5
# Elsewhere DuckLake may repeat; it waits half as long again each time, about 17 seconds in all.
_RETRIES = 10
_OVERTAKEN = "the maximum retry count"
# Rows that are updated all the time: what the ledger was is in the snapshots that are kept.
_UPDATED = {("ledger", "offsets"), ("ledger", "registry"), ("ledger", "upkeep")}


@dataclass(frozen=True)
class Upkeep:
    """What one round did: rows written from the catalog to files, files merged and removed, snapshots expired.

    And files put back that DuckLake had removed after a commit whose answer was lost.
    """

    flushed_rows: int = 0
    merged_files: int = 0
    expired_snapshots: int = 0
    removed_files: int = 0
    restored_files: int = 0

    def __str__(self) -> str:
        told = (
            f"{self.flushed_rows:,} rows written from the catalog to files, {self.merged_files:,} files merged, "
            f"{self.expired_snapshots:,} snapshots expired, {self.removed_files:,} files removed"
        )
        return f"{told}, {self.restored_files:,} files put back after a lost commit" if self.restored_files else told


@dataclass(frozen=True)
class _Table:
    """A table, and the folder of its files below the data path."""

    number: int
    schema: str
    name: str
    folder: str


def keep_up(
    connection: duckdb.DuckDBPyConnection,
    holder: str,
    now: datetime,
    *,
    keep: timedelta,
    every: timedelta = timedelta(0),
    readers: timedelta = READERS,
    enough: int = ENOUGH,
    schemas: Collection[str] | None = SINKS_WRITE,
) -> Upkeep | None:
    """One round of upkeep; None if another process is at it, or ended a round less than ``every`` ago.

    Files are put back all the same, and told of.

    What conflicts with somebody else's commit is left for the next round. A process that is killed in a round, or a
    catalog that goes away, loses nothing: DuckLake then removes files that the catalog may name, but they have second
    names by which the next round puts them back. After an error, call it again soon; ``holder`` may do so at once.

    Args:
        holder: names this process, and no other that runs.
        now: naive UTC.
        keep: how old a snapshot becomes before it is expired; longer than any build takes.
        readers: how long a file that no snapshot has any more is left for queries that read it.
        enough: how many small files a table has before they are merged.
        schemas: whose tables' files are merged, None for all; snapshots are the whole lake's.

    Raises:
        NoSecondNames: the data path is no folder.
        duckdb.Error: the catalog is away.
        OSError: a file could not be given a second name.
    """
    names = SecondNames(_data_path(connection))
    connection.execute(f"set ducklake_max_retry_count = {_RETRIES}")
    restored = names.put_back(connection, now - KEPT)
    if not _take(connection, holder, now, every):
        return Upkeep(restored_files=restored) if restored else None
    # A commit that was under way when its connection broke held the number of its snapshot; the one just made waited
    # for it, so it is decided by now.
    restored += names.put_back(connection, now - KEPT)

    def step(table: _Table, sql: str, values: list[Any], retries: int = 0) -> list[tuple[Any, ...]]:
        nonlocal restored
        for _ in range(_ATTEMPTS):
            try:
                connection.execute(f"set ducklake_max_retry_count = {retries}")
                return names.commit(connection, [table.folder], lambda: connection.execute(sql, values).fetchall())
            except duckdb.Error as error:
                if not isinstance(error, duckdb.TransactionException) and _OVERTAKEN not in str(error):
                    raise
                # A conflict, or the answer to the commit was lost.
                restored += names.put_back(connection, now - KEPT)
            finally:
                connection.execute(f"set ducklake_max_retry_count = {_RETRIES}")
        return []

    flushed = merged = 0
    # A table at a time, so that one that others change all the while does not keep the rest from being tidied.
    for table in _tables(connection, schemas):
        flush = "call ducklake_flush_inlined_data('lake', schema_name => ?, table_name => ?)"
        flushed += sum(row[-1] for row in step(table, flush, [table.schema, table.name]))
        if (table.schema, table.name) in _UPDATED:
            step(table, "call ducklake_rewrite_data_files('lake', ?, schema => ?)", [table.name, table.schema])
        for size in SIZES:
            if _files_below(connection, table, size) >= enough:
                merge = "call ducklake_merge_adjacent_files('lake', ?, schema => ?, max_file_size => ?)"
                merged += sum(row[2] for row in step(table, merge, [table.name, table.schema, size], _RETRIES))
    expired = _expire(connection, now, now - keep)
    removed = connection.execute(
        "call ducklake_cleanup_old_files('lake', older_than => ?::timestamptz)", [f"{now - readers}+00"]
    ).fetchall()
    _give_back(connection, holder, now)
    # Again behind a commit, for what was not decided yet when a step failed.
    restored += names.put_back(connection, now - KEPT)
    return Upkeep(flushed, merged, expired, len(removed), restored)


def pinned(connection: duckdb.DuckDBPyConnection, now: datetime, builds: timedelta = BUILDS) -> set[int]:
    """The snapshots that upkeep does not expire at ``now`` (naive UTC).

    Where builds younger than ``builds`` ended, and the newest; where filings were made from, as long as they must be
    kept; where models read on; what a rewind replaced.
    """
    found = connection.execute(
        """
        select pin
        from lake.ledger.watermarks
        where model = $build
        qualify built_at > $since or pin = max(pin) over ()
        union
        -- Where a model reads on: behind its watermark.
        select unnest([max(pin), max(pin) + 1]) from lake.ledger.watermarks group by model
        union
        select before_snapshot from lake.ledger.rewinds
        """,
        {"build": BUILD, "since": now - builds},
    ).fetchall()
    with contextlib.suppress(duckdb.CatalogException):  # no filings are landed here
        found += connection.execute(
            """
            select pin from lake.landing.compliance_filings
            -- The next filing about the same tells what is new since this one's pin.
            window same as (partition by profile, coalesce(case_id, business_day::varchar, filing_ref))
            qualify
                max(retain_until) over same >= ?::date
                or bool_or(status = 'generated' and retain_until is null) over same
            """,
            [now],
        ).fetchall()
    return {row[0] for row in found if row[0] is not None}


def _expire(connection: duckdb.DuckDBPyConnection, now: datetime, before: datetime) -> int:
    old = connection.execute(
        """
        select snapshot_id from lake.snapshots()
        where snapshot_time < ?::timestamptz
        qualify snapshot_id < max(snapshot_id) over ()
        """,
        [f"{before}+00"],
    ).fetchall()
    chosen = sorted({row[0] for row in old} - pinned(connection, now))
    if chosen:
        connection.execute("call ducklake_expire_snapshots('lake', versions => ?)", [chosen])
    return len(chosen)


def _data_path(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute(
        "select value from __ducklake_metadata_lake.ducklake_metadata where key = 'data_path' and scope is null"
    ).fetchone()
    assert row is not None, "every lake has a data path"
    return str(row[0])


def _tables(connection: duckdb.DuckDBPyConnection, schemas: Collection[str] | None) -> list[_Table]:
    """The tables of these schemas, None for all, in the order of their names."""
    rows = connection.execute(
        """
        select tables.table_id, schemas.schema_name, tables.table_name, schemas.path || tables.path
        from __ducklake_metadata_lake.ducklake_table as tables
        inner join __ducklake_metadata_lake.ducklake_schema as schemas using (schema_id)
        where tables.end_snapshot is null and schemas.end_snapshot is null
            and ($schemas is null or list_contains($schemas, schemas.schema_name))
        order by schemas.schema_name, tables.table_name
        """,
        {"schemas": None if schemas is None else list(schemas)},
    ).fetchall()
    return [_Table(*row) for row in rows]


def _files_below(connection: duckdb.DuckDBPyConnection, table: _Table, size: int) -> int:
    row = connection.execute(
        """
        select count(*) from __ducklake_metadata_lake.ducklake_data_file
        where table_id = ? and end_snapshot is null and file_size_bytes < ?
        """,
        [table.number, size],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _take(connection: duckdb.DuckDBPyConnection, holder: str, now: datetime, every: timedelta) -> bool:
    """Whether this process may: it has written its name into the only row, which two cannot do at once."""
    try:
        with transaction(connection):
            changed = connection.execute(
                f"""
                update lake.{_STATE} set holder = $holder, held_until = $until
                where (held_until is null or held_until <= $now or holder = $holder)
                    and (ended_at is null or ended_at <= $before)
                """,  # noqa: S608
                {"holder": holder, "until": now + LEASE, "now": now, "before": now - every},
            ).fetchone()
    except duckdb.TransactionException:
        return False
    return changed is not None and changed[0] == 1


def _give_back(connection: duckdb.DuckDBPyConnection, holder: str, now: datetime) -> None:
    # Should that conflict, the lease ends by itself.
    with contextlib.suppress(duckdb.TransactionException):
        connection.execute(
            f"update lake.{_STATE} set held_until = null, ended_at = $now where holder = $holder",  # noqa: S608
            {"now": now, "holder": holder},
        )
