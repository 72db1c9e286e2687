"""Snapshots of the lake: the moments a build or a filing can be pinned to."""

from __future__ import annotations

import duckdb

from lakehouse.errors import SnapshotGone


def latest(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest snapshot's id."""
    row = connection.execute("select max(snapshot_id) from lake.snapshots()").fetchone()
    assert row is not None
    return int(row[0])


def require(connection: duckdb.DuckDBPyConnection, pin: int) -> None:
    """Make sure that snapshot ``pin`` can still be read.

    Raises:
        SnapshotGone: it was expired, or never existed.
    """
    row = connection.execute("select 1 from lake.snapshots() where snapshot_id = ?", [pin]).fetchone()
    if row is None:
        raise SnapshotGone(f"snapshot {pin} is not in the lake; see lake.snapshots() for those it has")
