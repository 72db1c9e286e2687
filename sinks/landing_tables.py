"""Landing tables as a sink finds them, and what it does so that they take the rows of a batch."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa

from contracts import Contract
from lakehouse.growth import grow
from lakehouse.schema import landing_columns
from sinks.errors import SchemaIncompatible
from sinks.lake_session import LakeSession


class LandingTables:
    """Makes sure, once for each kind of rows, that the landing table takes them; a table that does always will.

    For one thread.
    """

    def __init__(self, session: LakeSession) -> None:
        self._session = session
        self._fitting: set[tuple[str, pa.Schema]] = set()

    def fit(self, contract: Contract, rows: pa.Schema, stop: threading.Event) -> list[str]:
        """Add columns and widen types, in a transaction of its own; returns what was changed.

        Raises:
            SchemaIncompatible: the table cannot take such rows.
            CatalogSilent: the catalog stayed away.
        """
        if (contract.table, rows) in self._fitting:
            return []

        def work(connection: duckdb.DuckDBPyConnection, _attempt: int) -> tuple[list[str], list[str]]:
            connection.register("fresh_kind", rows.empty_table())
            columns = {row[0]: row[1] for row in connection.execute("describe fresh_kind").fetchall()}
            connection.unregister("fresh_kind")
            return grow(connection, contract.table, columns, landing_columns(contract))

        changed, refused = self._session.insist(work, stop)
        if refused:
            raise SchemaIncompatible(
                contract.topic,
                f"topic {contract.topic}: lake.landing.{contract.table} cannot take its messages: "
                f"{'; '.join(refused)}. Correct the producer's schema or the contract, or set the table right with "
                "'alter table'; then start the sink again.",
            )
        self._fitting.add((contract.table, rows))
        return changed
