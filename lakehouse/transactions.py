"""One transaction of the lake: all of it, or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done within; if anything fails, the commit included, roll it back and raise what failed."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # The failure itself may have ended the transaction, or the connection.
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        raise
