"""Upkeep: few files and few snapshots, however long the lake is landed into; one process at a time, beside everything.

Nothing that can be asked for changes: rows keep the snapshot they came with, also in merged files, and these snapshots
stay: what builds ended at and filings were made from, where each incremental model reads on, what a rewind replaced.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from lakehouse.snapshots import BUILD

# A file of this size is left alone: merging it again and again would write more than it saves.
LARGE_BYTES = 16 * 1024 * 1024
# Longer than a round takes; a process that dies in one holds the others up for so long.
LEASE = timedelta(minutes=10)
# A query that began before a file was merged may still read it.
READERS = timedelta(hours=1)
_STATE = "ledger.upkeep"


@dataclass(frozen=True)
class Upkeep:
    """What one round did: rows written from the catalog to files, files merged and removed, snapshots expired."""

    flushed_rows: int
    merged_files: int
    expired_snapshots: int
    removed_files: int


def keep_up(
    connection: duckdb.DuckDBPyConnection,
    holder: str,
    now: datetime,
    *,
    keep: timedelta,
    every: timedelta = timedelta(0),
    readers: timedelta = READERS,
) -> Upkeep | None:
    """One round of upkeep; None if another process is at it, or ended a round less than ``every`` ago.

    What conflicts with somebody else's commit is left for the next round. A process that is killed in a round loses
    nothing. But when the catalog goes away in the middle of a commit, DuckLake takes that for failed and removes the
    files it wrote, though the catalog may have them: see ``attach.NO_FILES``.

    Args:
        holder: names this process.
        now: naive UTC.
        keep: how old a snapshot becomes before it is expired; longer than any build takes.
        readers: how long a file that no snapshot has any more is left for queries that read it.

    Raises:
        duckdb.Error: the catalog is away.
    """
    if not _take(connection, holder, now, every):
        return None
    flushed = merged = 0
    for schema in _schemas(connection):
        with contextlib.suppress(duckdb.TransactionException):
            flushed += sum(
                row[-1]
                for row in connection.execute(
                    "call ducklake_flush_inlined_data('lake', schema_name => ?)", [schema]
                ).fetchall()
            )
    for table in ("offsets", "registry", "upkeep"):
        # Rows that are updated all the time: what the ledger was is in the snapshots that are kept.
        with contextlib.suppress(duckdb.TransactionException):
            connection.execute("call ducklake_rewrite_data_files('lake', ?, schema => 'ledger')", [table])
    with contextlib.suppress(duckdb.TransactionException):
        done = connection.execute(
            "call ducklake_merge_adjacent_files('lake', max_file_size => ?)", [LARGE_BYTES]
        ).fetchall()
        merged = sum(row[2] for row in done)
    expired = _expire(connection, now - keep)
    removed = connection.execute(
        "call ducklake_cleanup_old_files('lake', older_than => ?::timestamptz)", [f"{now - readers}+00"]
    ).fetchall()
    _give_back(connection, holder, now)
    return Upkeep(flushed, merged, expired, len(removed))


def pinned(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """The snapshots that upkeep never expires."""
    found = connection.execute(
        """
        select pin from lake.ledger.watermarks where model = $build
        union
        -- Where a model reads on: behind its watermark.
        select unnest([max(pin), max(pin) + 1]) from lake.ledger.watermarks group by model
        union
        select before_snapshot from lake.ledger.rewinds
        """,
        {"build": BUILD},
    ).fetchall()
    with contextlib.suppress(duckdb.CatalogException):  # no filings are landed here
        found += connection.execute("select distinct pin from lake.landing.compliance_filings").fetchall()
    return {row[0] for row in found if row[0] is not None}


def _expire(connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
    old = connection.execute(
        """
        select snapshot_id from lake.snapshots()
        where snapshot_time < ?::timestamptz
        qualify snapshot_id < max(snapshot_id) over ()
        """,
        [f"{before}+00"],
    ).fetchall()
    chosen = sorted({row[0] for row in old} - pinned(connection))
    if chosen:
        connection.execute("call ducklake_expire_snapshots('lake', versions => ?)", [chosen])
    return len(chosen)


def _schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = 'lake' and schema_name in ('landing', 'ledger')"
    ).fetchall()
    return [row[0] for row in rows]


def _take(connection: duckdb.DuckDBPyConnection, holder: str, now: datetime, every: timedelta) -> bool:
    """Whether this process may: it has written its name into the only row, which two cannot do at once."""
    try:
        connection.execute("begin")
        changed = connection.execute(
            f"""
            update lake.{_STATE} set holder = $holder, held_until = $until
            where (held_until is null or held_until <= $now) and (ended_at is null or ended_at <= $before)
            """,  # noqa: S608
            {"holder": holder, "until": now + LEASE, "now": now, "before": now - every},
        ).fetchone()
        connection.execute("commit")
    except duckdb.TransactionException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        return False
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    return changed is not None and changed[0] == 1


def _give_back(connection: duckdb.DuckDBPyConnection, holder: str, now: datetime) -> None:
    # Should that conflict, the lease ends by itself.
    with contextlib.suppress(duckdb.TransactionException):
        connection.execute(
            f"update lake.{_STATE} set held_until = null, ended_at = $now where holder = $holder",  # noqa: S608
            {"now": now, "holder": holder},
        )
