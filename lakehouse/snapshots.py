"""Snapshots of the lake: the moments a build or a filing can be pinned to."""

from __future__ import annotations

from datetime import datetime

import duckdb

from lakehouse.errors import NotBuilt, SnapshotGone

# Its row in ledger.watermarks stands for the whole build; its pin is the snapshot at which that ended.
BUILD = "build"


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


def built(connection: duckdb.DuckDBPyConnection) -> int:
    """The snapshot at which the newest build ended: what filings read.

    While a build runs it replaces one table after the other, so the newest snapshot may hold tables of two builds.

    Raises:
        NotBuilt: no build has ended yet.
    """
    try:
        row = connection.execute(
            "select max(pin) from lake.ledger.watermarks where model = $build", {"build": BUILD}
        ).fetchone()
    except duckdb.CatalogException:  # not even a sink was here yet
        row = None
    if row is None or row[0] is None:
        raise NotBuilt("no build has passed its gates yet, so there is nothing to file from; run 'vigil build'")
    return int(row[0])


def built_at(connection: duckdb.DuckDBPyConnection, pin: int) -> datetime:
    """When the build that ended at snapshot ``pin`` was found whole, naive UTC.

    Raises:
        NotBuilt: no build ended there.
    """
    row = connection.execute(
        "select min(built_at) from lake.ledger.watermarks where model = $build and pin = $pin",
        {"build": BUILD, "pin": pin},
    ).fetchone()
    if row is None or row[0] is None:
        raise NotBuilt(
            f"no build ended at snapshot {pin}, so a filing from it has no date; "
            "name one of lake.ledger.watermarks whose model is 'build', or none for the newest"
        )
    moment: datetime = row[0]
    return moment


def record_build(connection: duckdb.DuckDBPyConnection, pin: int, at: datetime) -> None:
    """Put into the ledger that a build ended at snapshot ``pin``; once, however often it is said.

    Args:
        at: when it was found whole, naive UTC.
    """
    connection.execute(
        """
        insert into lake.ledger.watermarks (model, pin, built_at)
        select $build, $pin, $at
        where not exists (from lake.ledger.watermarks where model = $build and pin = $pin)
        """,
        {"build": BUILD, "pin": pin, "at": at},
    )
