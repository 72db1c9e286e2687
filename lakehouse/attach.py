"""Attach the lake: the one function that sinks, dbt, reports, the command line and the tests all go through."""

from __future__ import annotations

import importlib
import os
import re
import time
from functools import cache
from pathlib import Path

import duckdb

from lakehouse.errors import CatalogNotNamed, CatalogUnreachable, LakeError, LakeMismatch
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings

ALIAS = "lake"
# Small tables (ledger, dead letters) live in the catalog itself, so that a commit does not write tiny files.
INLINING_ROW_LIMIT = 100
# For transactions that must not be lost: when the answer to a COMMIT does not come, DuckLake takes it for failed and
# removes the files it wrote itself, though the catalog may have them by then. So it shall write none.
NO_FILES = 1_000_000_000
_POSTGRES = "postgres:"
_NO_LAKE = "creating a new DuckLake is explicitly disabled"
# Of several that make the tables of one new lake, PostgreSQL lets one through.
_BEGUN_ELSEWHERE = re.compile(r"Failed to initialize DuckLake.*ducklake_.*already exists", re.DOTALL)
_ATTEMPTS, _PAUSE = 20, 0.2
_OTHER_PATH = re.compile(r'does not match existing data path in the catalog "([^"]*)"')
_OTHER_VERSION = re.compile(r"catalog version is (\S+), but the extension requires version ([\d.]+)\.")


def connect(
    settings: Settings, *, read_only: bool = False, inlining_rows: int = INLINING_ROW_LIMIT, alias: str = ALIAS
) -> duckdb.DuckDBPyConnection:
    """A new in-memory DuckDB connection with the lake attached as ``alias``.

    At most ``inlining_rows`` rows of one statement go into the catalog itself, more into a file.

    Raises:
        CatalogNotNamed: the settings name no catalog.
        CatalogUnreachable: the catalog does not answer.
        LakeMismatch: it is no lake's, or that of a lake with another data path or of a version not known here.
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            # `attach` checks those it loads, and forbids others.
            "allow_unsigned_extensions": "true",
            "memory_limit": settings.memory_limit,
            "temp_directory": str((settings.home / "duckdb").resolve()),
            **({"threads": str(settings.threads)} if settings.threads else {}),
        }
    )
    try:
        attach(connection, settings, read_only=read_only, inlining_rows=inlining_rows, alias=alias)
    except BaseException:
        connection.close()
        raise
    return connection


def attach(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    read_only: bool = False,
    inlining_rows: int = INLINING_ROW_LIMIT,
    alias: str = ALIAS,
) -> None:
    """Load DuckLake from its wheel and attach the lake to ``connection``, with UTC as the session's zone.

    A connection that was opened with ``allow_unsigned_extensions`` loads it at once; it loads no other afterwards.
    """
    statement = attach_statement(settings, read_only=read_only, alias=alias, inlining_rows=inlining_rows)
    if not read_only:
        _require_writable(settings.lake_data_path)
    for extension in ("ducklake", "postgres_scanner"):
        connection.execute(f"load '{_checked_extension(extension)}'")
    connection.execute("set global allow_unsigned_extensions = false")
    connection.execute("set global TimeZone = 'UTC'")
    # Many sinks commit side by side; DuckLake's own retries settle what does not really conflict.
    connection.execute("set ducklake_max_retry_count = 50")
    try:
        connection.execute(statement.removesuffix(")") + ", create_if_not_exists false)")
    except duckdb.Error as error:
        if read_only or _NO_LAKE not in str(error):
            raise _refusal(error, settings) from error
        _begin_lake(connection, statement, settings)


def _begin_lake(connection: duckdb.DuckDBPyConnection, statement: str, settings: Settings) -> None:
    """Make a lake of an empty catalog; DuckLake would put its tables among those of somebody else's database, too."""
    try:
        if settings.catalog and settings.catalog.startswith(_POSTGRES):
            address = _quoted(settings.catalog.removeprefix(_POSTGRES))
            connection.execute(f"attach {address} as found (type postgres, read_only)")
            others = connection.execute(
                "select string_agg(table_name, ', ' order by table_name) from duckdb_tables() "
                "where database_name = 'found' and schema_name = 'public' and table_name not like 'ducklake_%'"
            ).fetchone()
            connection.execute("detach found")
            if others and others[0]:
                raise LakeMismatch(
                    without_passwords(f"the catalog {settings.catalog!r} is no lake, but a database with other tables ")
                    + f"({others[0][:200]}). Name an empty database, or the lake's, by VIGIL_CATALOG."
                )
        _attach_new(connection, statement)
    except duckdb.Error as error:
        raise _refusal(error, settings) from error


def _attach_new(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute(statement)
            return
        except duckdb.Error as error:
            if attempt == _ATTEMPTS - 1 or not _BEGUN_ELSEWHERE.search(str(error)):
                raise
            time.sleep(_PAUSE)


def _refusal(error: duckdb.Error, settings: Settings) -> LakeError:
    # DuckDB names the whole connection string in its error.
    told, catalog = without_passwords(str(error)), without_passwords(str(settings.catalog))
    if found := _OTHER_PATH.search(told):
        return LakeMismatch(
            f"the data of the lake in {catalog!r} is in {found[1]!r}, not in {settings.lake_data_path!r}. "
            "Correct VIGIL_DATA_PATH (by default <VIGIL_HOME>/lake), or VIGIL_CATALOG."
        )
    if found := _OTHER_VERSION.search(told):
        return LakeMismatch(
            f"the lake in {catalog!r} is of DuckLake version {found[1]}, and this release knows {found[2]}: use the "
            "release of Vigil that made it, or a newer one."
        )
    return CatalogUnreachable(
        f"the lake's catalog {catalog!r} does not answer: {told}. "
        "Start the local services with 'vigil up', or correct VIGIL_CATALOG."
    )


def _require_writable(data_path: str) -> None:
    """Make sure that files can be written under a data path that is a folder, as far as it is there."""
    if "://" in data_path:
        return
    there = next(each for each in (Path(data_path), *Path(data_path).parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "may not be written to by this user" if there.is_dir() else "is no folder"
        raise LakeMismatch(
            f"the lake's data path is {data_path!r}, but {str(there)!r} {why}. Correct VIGIL_DATA_PATH, or its rights."
        )


def attach_statement(
    settings: Settings, *, read_only: bool, alias: str = ALIAS, inlining_rows: int = INLINING_ROW_LIMIT
) -> str:
    """The ATTACH statement of the lake, as any DuckDB client of this version takes it.

    Raises:
        CatalogNotNamed: the settings name no catalog.
    """
    if settings.catalog is None:
        raise CatalogNotNamed(
            "no lake catalog is named. Start the local services with 'vigil up', or set VIGIL_CATALOG."
        )
    options = [f"data_path {_quoted(settings.lake_data_path + '/')}"]
    options.append("read_only" if read_only else f"data_inlining_row_limit {inlining_rows}")
    return f"attach {_quoted('ducklake:' + settings.catalog)} as {alias} ({', '.join(options)})"


@cache
def _checked_extension(name: str) -> Path:
    """The extension's file inside its wheel, so that nothing is downloaded.

    DuckDB checks the file's signature whenever a database loads it, for a third of a second; here once a process.
    """
    package = Path(str(importlib.import_module(f"duckdb_extension_{name}").__file__)).parent
    file = next(package.rglob(f"{name}.duckdb_extension"))
    with duckdb.connect(config={"threads": "1", "autoinstall_known_extensions": "false"}) as checking:
        checking.execute(f"load '{file}'")
    return file


def _quoted(text: str) -> str:
    """``text`` as a SQL string literal; ATTACH takes no bound values."""
    return "'" + text.replace("'", "''") + "'"
