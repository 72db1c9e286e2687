"""JSON decoded a whole batch at a time, with a proof that nothing was coerced, dropped or guessed.

DuckDB's parser is fast and lenient: it writes a number into a text column, skips unknown fields and keeps one of two
equal ones. So every column is taken out as text and the batch is accepted only when the counts add up:

1. Each message begins with ``{`` and is well-formed, without a comma behind the last member: so each is one object.
2. The members of all objects are as many as the non-null values taken out. So no field is unknown, doubled or null.
   There are at least as many members as values; so it is proof enough when colons right behind a quote are no more
   than the values, as each member has one where no white space stands between. Otherwise the members are counted.
3. The structural quotes are twice the members plus twice the values taken out of fields that are strings on the wire
   (plus those inside lists), and none of these values was an object or a list. A number or a boolean in such a field
   would lack its two quotes. So each of them was a string.
4. Fields that are numbers or booleans on the wire are taken out as JSON, where a string would show its quotes.

Anything else is refused, whatever the cause, and decoded message by message.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contracts import Contract, Field
from sinks import json_text
from sinks.columns import Unfit, convert, convert_lists, decoded_schema
from sinks.decoder import Decoded

_BRACE, _CLOSING, _QUOTE, _COLON, _COMMA, _SPACE, _BACKSLASH = b'{}":,\x20\\'
# Without the bit in which they differ, a brace is a bracket.
_BRACKET, _EITHER_OPENING = ord("["), 0xFF ^ (ord("{") ^ ord("["))
_TRAILING_COMMA = re.compile(rb",\s*[}\]]")
# Small enough to stay in the processor's cache from one comparison to the next.
_BLOCK = 256 * 1024


class BulkDecoder:
    """Decodes batches of one topic; made once, used by several threads, each with a DuckDB of its own."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema = decoded_schema(contract)
        self._structure = json.dumps({field.name: _taken_as(field) for field in contract.fields})
        self._is_flat = not any(field.fields for field in contract.fields)
        self._threads = threading.local()

    def decode(self, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded | None:
        """The decoded messages, all of them; None when the batch is refused."""
        if not values:
            return Decoded(self._schema.empty_table(), np.empty(0, np.int64), [])
        raw = pa.array(values, pa.binary())
        data, bounds = _bytes_of(raw)
        starts, ends = bounds[:-1], bounds[1:]
        if raw.null_count or (ends - starts < len("{}")).any() or not (data[starts] == _BRACE).all():
            return None
        if self._may_trail_a_comma(data, ends):
            return None
        try:
            texts, key_texts = raw.cast(pa.string()), pa.array(keys, pa.binary()).cast(pa.string())
            columns = self._convert(texts, _Marks(data))
        except (pa.ArrowInvalid, duckdb.InvalidInputException, Unfit):
            return None
        columns += [pa.nulls(len(raw), pa.string()), pa.array(np.zeros(len(raw), bool)), key_texts]
        table = pa.Table.from_arrays(columns, schema=self._schema)
        return Decoded(table, np.arange(len(raw), dtype=np.int64), [])

    def _may_trail_a_comma(self, data: Any, ends: Any) -> bool:
        """Whether there may be a comma behind an object's last member, which DuckDB's parser lets pass."""
        last, before = data[ends - 1], data[ends - 2]
        if (before == _COMMA).any():
            return True
        at_sight = (last == _CLOSING).all() and (before > _SPACE).all()
        return not (at_sight and self._is_flat) and _TRAILING_COMMA.search(data) is not None

    def _take_out(self, messages: pa.Table) -> pa.Table:
        """The contract's fields as text columns."""
        self._connection().register("messages", messages)
        take_out = "select unnest(from_json(message, $structure)) from messages"
        return self._connection().execute(take_out, {"structure": self._structure}).to_arrow_table()

    def _members(self, messages: pa.Table) -> int:
        """How many members all objects have."""
        self._connection().register("messages", messages)
        counted = self._connection().execute("select sum(len(json_keys(message)))::bigint from messages").fetchone()
        assert counted is not None
        return int(counted[0])

    def _convert(self, texts: pa.Array, marks: _Marks) -> list[pa.Array]:
        messages = pa.table({"message": texts})
        taken = self._take_out(messages)
        values = strings = quoted_in_lists = 0
        columns = []
        for field in self._contract.fields:
            found = taken.column(field.name).combine_chunks()
            if marks.openings != len(texts) and field.type == "string" and _may_hold_containers(found):
                raise Unfit("wrong_type", f"{field.name} may hold an object or a list")
            present = len(found) - found.null_count
            values += present
            if field.fields:
                column, inner_quotes = _lists(field, found)
                quoted_in_lists += inner_quotes
            else:
                column = convert(field, found)
                strings += present if field.type not in ("integer", "boolean") else 0
            columns.append(column)
        if marks.most_members != values and self._members(messages) != values:
            raise Unfit("malformed", "unknown, doubled or null members")
        if marks.quotes != 2 * (values + strings) + quoted_in_lists:
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
        quotes = _Marks(np.frombuffer("".join(filter(None, texts.to_pylist())).encode(), np.uint8)).quotes
        if any(
            isinstance(value, json_text.Number) for items in lists for item in items or () for value in item.values()
        ):
            raise Unfit("wrong_type", f"{field.name} holds numbers, which DuckDB may have rounded")
    return convert_lists(field, lists), quotes


def _bytes_of(raw: pa.Array) -> tuple[Any, Any]:
    """The values' bytes one after another, and the offsets at which each begins and the last ends."""
    _, offsets, data = raw.buffers()
    bounds = np.frombuffer(offsets, np.int32)[: len(raw) + 1]
    return np.frombuffer(data, np.uint8)[: bounds[-1]] if data is not None else np.empty(0, np.uint8), bounds


def _may_hold_containers(texts: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, r"^[\[{]")).as_py())


class _Marks:
    """Counts over the bytes of well-formed JSON.

    ``quotes``: quotes that open or close a string: all but those behind an odd number of backslashes.
    ``openings``: opening braces and brackets, also within strings; one a message means objects without containers.
    ``most_members``: no fewer than the members of all objects; None when that is not to be seen from the bytes.
    """

    def __init__(self, data: Any) -> None:
        quotes = before_colon = before_space = openings = 0
        escaped = False
        for start in range(0, len(data), _BLOCK):
            block = data[start : start + _BLOCK]
            # The last quote of all closes a string or key; what follows it is the next message, or nothing.
            following = data[start + 1 : start + 1 + len(block)]
            is_quote = block == _QUOTE
            quotes += int(np.count_nonzero(is_quote))
            is_quote = is_quote[: len(following)]
            before_colon += int(np.count_nonzero(is_quote & (following == _COLON)))
            before_space += int(np.count_nonzero(is_quote & (following <= _SPACE)))
            openings += int(np.count_nonzero((block & _EITHER_OPENING) == _BRACKET))
            escaped = escaped or bool((block == _BACKSLASH).any())
        if escaped:
            quotes -= data.tobytes().replace(b"\\\\", b"").count(b'\\"')
        self.quotes = quotes
        self.openings = openings
        # A key's closing quote is followed by its colon, unless by white space.
        self.most_members = None if before_space else before_colon
