"""The lists as they have landed in the lake: of each entry its last state, unless it was taken off."""

from __future__ import annotations

import duckdb
import polars as pl

from screening.lists.version import COLUMNS, SCHEMA


def entries(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The entries on the lists now, in the contract's columns; none if no list has landed."""
    found = connection.execute(
        """
        select * from lake.landing.reference_watchlists
        qualify row_number() over (partition by _key order by _partition desc, _offset desc) = 1
            and not _tombstone
        """
    ).pl()
    return found.select(COLUMNS).cast(pl.Schema(SCHEMA)).sort("entry_id")
