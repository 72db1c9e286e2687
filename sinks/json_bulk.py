"""JSON decoded a whole batch at a time, with a proof that nothing was coerced, dropped or guessed.

DuckDB's parser is fast and lenient: it writes a number into a text column, skips unknown fields and keeps one of two
equal ones. So every column is taken out as text and the batch is accepted only when the counts add up:

1. Each message begins with ``{`` and is well-formed, so each is one object.
2. The members of all objects are as many as the non-null values taken out. So no field is unknown, doubled or null.
3. The structural quotes are twice the members plus twice the values taken out of fields that are strings on the wire
   (plus those inside lists). A number or a boolean in such a field would lack its two. So each of them was a string.
4. Fields that are numbers or booleans on the wire are taken out as JSON, where a string would show its quotes.

Anything else is refused, whatever the cause, and decoded message by message.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from contracts import Contract, Field
from sinks import json_text
from sinks.columns import Unfit, convert, convert_lists, decoded_schema
from sinks.decoder import Decoded

_BRACE, _QUOTE = ord("{"), ord('"')


class BulkDecoder:
    """Decodes batches of one topic; made once, used by several threads, each with a DuckDB of its own."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema = decoded_schema(contract)
        self._structure = json.dumps({field.name: _taken_as(field) for field in contract.fields})
        self._threads = threading.local()

    def decode(self, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded | None:
        """The decoded messages, all of them; None when the batch is refused."""
        if not values:
            return Decoded(self._schema.empty_table(), np.empty(0, np.int64), [])
        raw = pa.array(values, pa.binary())
        data, starts = _bytes_of(raw)
        if raw.null_count or starts[-1] == len(data) or not (data[starts] == _BRACE).all():
            return None
        try:
            texts, key_texts = raw.cast(pa.string()), pa.array(keys, pa.binary()).cast(pa.string())
            members, taken = self._take_out(texts)
            columns = self._convert(taken, members, _structural_quotes(data))
        except (pa.ArrowInvalid, duckdb.InvalidInputException, Unfit):
            return None
        columns += [pa.nulls(len(raw), pa.string()), pa.array(np.zeros(len(raw), bool)), key_texts]
        table = pa.Table.from_arrays(columns, schema=self._schema)
        return Decoded(table, np.arange(len(raw), dtype=np.int64), [])

    def _take_out(self, texts: pa.Array) -> tuple[int, pa.Table]:
        """How many members all objects have, and the contract's fields as text columns."""
        connection = self._connection()
        messages = pa.table({"message": texts})
        taken = connection.execute(
            "select unnest(from_json(message, $structure)) from messages", {"structure": self._structure}
        ).to_arrow_table()
        counted = connection.execute("select sum(len(json_keys(message)))::bigint from messages").fetchone()
        del messages
        assert counted is not None
        return int(counted[0]), taken

    def _convert(self, taken: pa.Table, members: int, quotes: int) -> list[pa.Array]:
        values = strings = quoted_in_lists = 0
        columns = []
        for field in self._contract.fields:
            texts = taken.column(field.name).combine_chunks()
            present = len(texts) - texts.null_count
            values += present
            if field.fields:
                column, inner_quotes = _lists(field, texts)
                quoted_in_lists += inner_quotes
            else:
                column = convert(field, texts)
                strings += present if field.type not in ("integer", "boolean") else 0
            columns.append(column)
        if members != values:
            raise Unfit("malformed", "unknown, doubled or null members")
        if quotes != 2 * (members + strings) + quoted_in_lists:
            raise Unfit("wrong_type", "a value that should be a string is none")
        return columns

    def _connection(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._threads, "connection"):
            # The sink runs as many decoders as it wants side by side; each needs but its own thread.
            self._threads.connection = duckdb.connect(config={"threads": "1", "autoinstall_known_extensions": "false"})
        connection: duckdb.DuckDBPyConnection = self._threads.connection
        return connection


def _taken_as(field: Field) -> str:
    return "JSON" if field.type in ("integer", "boolean", "list") else "VARCHAR"


def _lists(field: Field, texts: pa.Array) -> tuple[pa.Array, int]:
    """A list field's column, and how many structural quotes its text has."""
    lists: list[Any] = []
    for text in texts.to_pylist():
        items, unknown = json_text.list_items(field, None if text is None else json_text.read(text))
        if unknown:
            raise Unfit("wrong_type", f"{field.name} has members the contract does not know")
        lists.append(items)
    quotes = 0
    if len(texts) > texts.null_count:
        quotes = _structural_quotes(np.frombuffer("".join(filter(None, texts.to_pylist())).encode(), np.uint8))
        if any(
            isinstance(value, json_text.Number) for items in lists for item in items or () for value in item.values()
        ):
            raise Unfit("wrong_type", f"{field.name} holds numbers, which DuckDB may have rounded")
    return convert_lists(field, lists), quotes


def _bytes_of(raw: pa.Array) -> tuple[Any, Any]:
    """The values' bytes one after another, and where each value begins."""
    _, offsets, data = raw.buffers()
    starts = np.frombuffer(offsets, np.int32)[: len(raw)]
    end = np.frombuffer(offsets, np.int32)[len(raw)]
    return np.frombuffer(data, np.uint8)[:end] if data is not None else np.empty(0, np.uint8), starts


def _structural_quotes(data: Any) -> int:
    """Quotes that open or close a string: all but those behind an odd number of backslashes."""
    quotes = int(np.count_nonzero(data == _QUOTE))
    raw = data.tobytes() if data.size and (data == ord("\\")).any() else b""
    return quotes - raw.replace(b"\\\\", b"").count(b'\\"')
