"""Landing tables as a sink finds them, and what it does so that they take the rows of a batch."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa

from contracts import Contract
from lakehouse.growth import grow, growth
from lakehouse.schema import landing_columns, prepare
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

        changed = self._session.insist(lambda connection, _: fit_rows(connection, contract, rows), stop)
        self._fitting.add((contract.table, rows))
        return changed


def fit_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: pa.Schema) -> list[str]:
    """Let the landing table take such rows, in a transaction of its own; returns what was changed.

    Raises:
        SchemaIncompatible: the table cannot take them.
        duckdb.TransactionException: somebody else changed the table meanwhile; try again.
    """
    connection.register("fresh_kind", rows.empty_table())
    columns = {row[0]: row[1] for row in connection.execute("describe fresh_kind").fetchall()}
    connection.unregister("fresh_kind")
    return _grown(connection, contract, columns)


def evolved_columns(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[pa.Field]:
    """The columns that the landing table has beyond the contract's, in the types that rows may bring for them."""
    # The table's name comes from a contract and has only letters, digits and underscores.
    nothing = connection.execute(f"select * from lake.landing.{contract.table} limit 0").to_arrow_table()  # noqa: S608
    expected = {name.casefold() for name in landing_columns(contract)}
    return [_widest(column) for column in nothing.schema if column.name.casefold() not in expected]


def _widest(column: pa.Field) -> pa.Field:
    """As wide as it would grow for rows that decoders make."""
    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return column.with_type(pa.int64())
    return column.with_type(pa.float64()) if pa.types.is_floating(column.type) else column


def made_ready(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[pa.Field]:
    """Let there be a landing table that takes all rows that the contract allows; returns its ``evolved_columns``.

    Raises as ``fit_rows`` does.
    """
    prepare(connection, [contract])
    _grown(connection, contract, _contract_columns(connection, contract))
    return evolved_columns(connection, contract)


def changes_for(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[str]:
    """What ``made_ready`` would change of a table that is there; raises as it does, but changes nothing."""
    expected = landing_columns(contract)
    told, refused = growth(connection, contract.table, _contract_columns(connection, contract), expected)
    _refuse(contract, refused)
    return told


def _grown(connection: duckdb.DuckDBPyConnection, contract: Contract, columns: dict[str, str]) -> list[str]:
    changed, refused = grow(connection, contract.table, columns, landing_columns(contract))
    _refuse(contract, refused)
    return changed


def _contract_columns(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, str]:
    """The contract's columns with their types as DuckDB spells them."""
    nothing = ", ".join(f'null::{kind} as "{name}"' for name, kind in landing_columns(contract).items())
    return {row[0]: row[1] for row in connection.execute(f"describe select {nothing}").fetchall()}


def _refuse(contract: Contract, refused: list[str]) -> None:
    if refused:
        raise SchemaIncompatible(
            contract.topic,
            f"topic {contract.topic}: lake.landing.{contract.table} cannot take its messages: "
            f"{'; '.join(refused)}. Correct the producer's schema or the contract, or set the table right with "
            "'alter table'; then start again.",
        )
