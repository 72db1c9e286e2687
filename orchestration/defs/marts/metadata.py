"""What a table's page in Dagster shows beside dbt's own: rows, alerts by scenario, cases by status."""

from __future__ import annotations

from typing import Any

import dagster as dg
import duckdb

_COUNTS = {
    ("aml", "alerts"): (
        "standing alerts",
        "select scenario_id, count(*) from lake.aml.alerts where withdrawn_pin is null group by all order by all",
    ),
    ("str", "cases"): ("cases", "select status, count(*) from lake.str.cases group by all order by all"),
}


def describe(connection: duckdb.DuckDBPyConnection, key: dg.AssetKey) -> dict[str, Any]:
    """Metadata of the table that was just built."""
    found: dict[str, Any] = {"dagster/row_count": _rows(connection, key)}
    if tuple(key.path) in _COUNTS:
        name, query = _COUNTS[key.path[0], key.path[1]]
        counts = connection.execute(query).fetchall()
        found[name] = dg.MetadataValue.md(
            "\n".join(["| | count |", "|---|---|", *(f"| {what} | {count} |" for what, count in counts)])
        )
    return found


def _rows(connection: duckdb.DuckDBPyConnection, key: dg.AssetKey) -> int:
    # All of the answer is fetched, or its transaction stays open and sees no table that comes later.
    ((rows,),) = connection.table(f"lake.{key.path[0]}.{key.path[1]}").count("*").fetchall()
    return int(rows)
