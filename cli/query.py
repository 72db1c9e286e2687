"""Rows of the lake for a command."""

from __future__ import annotations

from typing import Any

import duckdb

from lakehouse.errors import NotBuilt


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of ``query``, a mapping each.

    Raises:
        NotBuilt: it reads a mart that no build has made yet.
    """
    try:
        cursor = connection.execute(query, parameters or {})
    except duckdb.CatalogException as error:
        raise NotBuilt(f"this mart is not in the lake yet: run 'vigil build' first ({error})") from error
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
