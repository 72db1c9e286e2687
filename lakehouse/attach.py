"""Attach the lake: the one function that sinks, dbt, reports, the command line and the tests all go through."""

from __future__ import annotations

import importlib
from pathlib import Path

import duckdb

from lakehouse.errors import CatalogNotNamed, CatalogUnreachable
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings

ALIAS = "lake"
# Small tables (ledger, dead letters) live in the catalog itself, so that a commit does not write tiny files.
INLINING_ROW_LIMIT = 100


def connect(settings: Settings, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A new in-memory DuckDB connection with the lake attached as ``lake``.

    Raises:
        CatalogNotNamed: the settings name no catalog.
        CatalogUnreachable: the catalog does not answer.
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "memory_limit": settings.memory_limit,
            "temp_directory": str((settings.home / "duckdb").resolve()),
            **({"threads": str(settings.threads)} if settings.threads else {}),
        }
    )
    try:
        attach(connection, settings, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def attach(connection: duckdb.DuckDBPyConnection, settings: Settings, *, read_only: bool = False) -> None:
    """Load DuckLake from its wheel and attach the lake to ``connection``, with UTC as the session's zone."""
    statement = attach_statement(settings, read_only=read_only)
    for extension in ("ducklake", "postgres_scanner"):
        connection.execute(f"load '{_extension_file(extension)}'")
    connection.execute("set global TimeZone = 'UTC'")
    # Many sinks commit side by side; DuckLake's own retries settle what does not really conflict.
    connection.execute("set ducklake_max_retry_count = 50")
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        # DuckDB names the whole connection string in its error.
        raise CatalogUnreachable(
            without_passwords(f"the lake's catalog {settings.catalog!r} does not answer: {error}. ")
            + "Start the local services with 'vigil up', or correct VIGIL_CATALOG."
        ) from error


def attach_statement(settings: Settings, *, read_only: bool, alias: str = ALIAS) -> str:
    """The ATTACH statement of the lake, as any DuckDB client of this version takes it.

    Raises:
        CatalogNotNamed: the settings name no catalog.
    """
    if settings.catalog is None:
        raise CatalogNotNamed(
            "no lake catalog is named. Start the local services with 'vigil up', or set VIGIL_CATALOG."
        )
    options = [f"data_path {_quoted(settings.lake_data_path + '/')}"]
    options.append("read_only" if read_only else f"data_inlining_row_limit {INLINING_ROW_LIMIT}")
    return f"attach {_quoted('ducklake:' + settings.catalog)} as {alias} ({', '.join(options)})"


def _extension_file(name: str) -> Path:
    """The extension's file inside its wheel, so that nothing is downloaded."""
    package = Path(str(importlib.import_module(f"duckdb_extension_{name}").__file__)).parent
    return next(package.rglob(f"{name}.duckdb_extension"))


def _quoted(text: str) -> str:
    """``text`` as a SQL string literal; ATTACH takes no bound values."""
    return "'" + text.replace("'", "''") + "'"
