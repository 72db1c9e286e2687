"""What every peer lands into: a table of typed columns in a DuckDB file, filled by DuckDB's own JSON reader.

Peers run this in environments of their own, so it needs duckdb and pyarrow alone. Each gets the same, which is faster
than what their guides show (a dictionary a message).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa

COLUMNS = {
    "transaction_id": "VARCHAR",
    "idempotency_key": "VARCHAR",
    "end_to_end_id": "VARCHAR",
    "account_id": "VARCHAR",
    "direction": "VARCHAR",
    "booked_at": "TIMESTAMP",
    "method": "VARCHAR",
    "instructed_amount": "DECIMAL(18,4)",
    "instructed_currency": "VARCHAR",
    "settled_amount": "DECIMAL(18,4)",
    "settled_currency": "VARCHAR",
    "debtor_name": "VARCHAR",
    "creditor_account_id": "VARCHAR",
    "remittance_information": "VARCHAR",
}
_SHAPE = json.dumps(COLUMNS)


class TypedTable:
    """The table ``transactions`` in the DuckDB file at ``path``."""

    def __init__(self, path: str) -> None:
        self.connection = duckdb.connect(path)
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self.connection.execute(f"create table if not exists transactions ({columns})")

    def insert(self, values: list[bytes]) -> None:
        """Land these messages, in one transaction."""
        messages = typed(self.connection, values)
        self.connection.register("messages", messages)
        self.connection.execute("insert into transactions by name select * from messages")
        self.connection.unregister("messages")
        landed()


def typed(connection: duckdb.DuckDBPyConnection, values: list[bytes]) -> pa.Table:
    """The messages' fields, typed."""
    texts = pa.table({"value": pa.array(values, pa.binary()).cast(pa.string())})
    connection.register("texts", texts)
    found = connection.execute(
        "select unnest(message) from (select from_json(value, $shape) as message from texts)", {"shape": _SHAPE}
    )
    table: pa.Table = found.to_arrow_table()
    connection.unregister("texts")
    return table


_marks: dict[str, tuple[float, float]] = {}


def began() -> None:
    """The first message is there; called again it changes nothing."""
    _marks.setdefault("began", (time.monotonic(), time.process_time()))


def landed() -> None:
    """Something is in the table; the last call counts."""
    _marks["landed"] = time.monotonic(), time.process_time()


def measured(land: Callable[[dict[str, Any]], None]) -> None:
    """Run ``land(order)`` with the order of the command line, and print what it took from began to landed."""
    land(json.loads(sys.argv[1]))
    figures = {
        "began": _marks["began"][0],
        "ended": _marks["landed"][0],
        "cpu_seconds": _marks["landed"][1] - _marks["began"][1],
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))
