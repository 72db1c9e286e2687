"""One transaction of the lake: all of it, or nothing, and again if others came first."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import duckdb

_ATTEMPTS = 20
Made = TypeVar("Made")


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


def insist(make: Callable[[], Made]) -> Made:
    """What ``make``, a transaction, returns once none that came first is in its way.

    Raises:
        duckdb.TransactionException: others came first every time.
    """
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(duckdb.TransactionException):
            return make()
    return make()
