"""A connection to the lake that outlives a catalog which goes away for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import duckdb

from lakehouse.attach import NO_FILES, connect
from lakehouse.errors import CatalogUnreachable
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings
from sinks.errors import CatalogSilent

T = TypeVar("T")

# What DuckDB raises for a lost conflict and for a catalog that is away; anything else is a fault of ours.
_PASSING = (
    duckdb.TransactionException,
    duckdb.IOException,
    duckdb.ConnectionException,
    duckdb.HTTPException,
    CatalogUnreachable,
)
# What is told when it dies in the middle of an answer, by an error of no kind or of one that has nothing to do with it.
_DIED = ("server closed the connection", "unsuccessful query result")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


class LakeSession:
    """One connection, used by one thread at a time; it is made anew whenever it failed."""

    def __init__(
        self, settings: Settings, seconds: float, threads: int | None = 1, inlining_rows: int = NO_FILES
    ) -> None:
        # A commit is small work; many cores and much memory are for those who read.
        self._settings = settings.model_copy(update={"threads": threads, "memory_limit": "1GB"})
        self._seconds = seconds
        self._inlining_rows = inlining_rows
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def insist(self, work: Callable[[duckdb.DuckDBPyConnection, int], T], stop: threading.Event | None = None) -> T:
        """The result of ``work(connection, attempt)``, repeated on a fresh connection while the catalog is away.

        ``work`` must be safe to repeat. Attempts count from 0.

        Raises:
            CatalogSilent: it did not succeed within this session's seconds, or ``stop`` was set meanwhile.
        """
        with self._lock:
            return self._insist(work, stop or threading.Event())

    def close(self) -> None:
        """Give the connection up; the next use makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _insist(self, work: Callable[[duckdb.DuckDBPyConnection, int], T], stop: threading.Event) -> T:
        give_up = time.monotonic() + self._seconds
        pause, attempt = _FIRST_PAUSE, 0
        while True:
            try:
                return work(self._connected(), attempt)
            except (duckdb.Error, CatalogUnreachable) as error:
                if not _passes(error):
                    raise
                # After a lost conflict the connection is as good as before, unless it keeps failing.
                if not isinstance(error, duckdb.TransactionException) or attempt % 3 == 2:
                    self.close()
                if time.monotonic() >= give_up or stop.wait(pause):
                    catalog, why = (without_passwords(str(each)) for each in (self._settings.catalog, error))
                    raise CatalogSilent(
                        f"the lake's catalog {catalog!r} let nothing through for {self._seconds:g} s: {why}. "
                        "What was landed is safe; start the sink again once it answers."
                    ) from error
            pause, attempt = min(pause * 2, _LONGEST_PAUSE), attempt + 1

    def _connected(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = connect(self._settings, inlining_rows=self._inlining_rows)
        return self._connection


def _passes(error: Exception) -> bool:
    return isinstance(error, _PASSING) or type(error) is duckdb.Error or any(told in str(error) for told in _DIED)
