"""Messages decoded one by one: slow, exact, and able to say what is wrong with each. JSON's own reading is here too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from contracts import Contract, Field
from sinks.decoding import json_text
from sinks.decoding.columns import Unfit, convert, convert_lists, decoded_schema, misfits
from sinks.decoding.decoder import Decoded, Rejected

Row = dict[str, Any]


class Deleted(Exception):
    """A message says that a thing was deleted, as a tombstone does; ``key`` names it if the message has no key."""

    def __init__(self, key: str | None) -> None:
        super().__init__(key)
        self.key = key


def decode_rows(
    contract: Contract,
    values: Sequence[bytes | None],
    keys: Sequence[bytes | None],
    read: Callable[[bytes], Row] | None = None,
) -> Decoded:
    """Decode each message on its own; those that fit no contract are rejected with their reason.

    ``read`` makes a message's fields of its bytes, as JSON if it is not given: values as ``json_text.read`` has them,
    times and dates as on JSON's wire. It raises Unfit for a message that cannot be read, Deleted for one that is as
    good as a tombstone.
    """
    rows: dict[int, Row] = {}
    rejected: list[Rejected] = []

    def reject(position: int, misfit: Unfit) -> None:
        rows.pop(position, None)
        rejected.append(Rejected(position, misfit.reason, misfit.detail))

    for position, (value, key) in enumerate(zip(values, keys, strict=True)):
        try:
            rows[position] = _row(contract, value, key, read or read_json)
        except Unfit as unfit:
            reject(position, unfit)
    for field in contract.fields:
        events = [position for position, row in rows.items() if not row["_tombstone"] or field.name == contract.key]
        found = [rows[position].get(field.name) for position in events]
        for place, misfit in misfits(partial(_column, field), found):
            reject(events[place], misfit)
    rejected.sort(key=lambda each: each.position)
    return Decoded(_table(contract, list(rows.values())), np.array(list(rows), np.int64), rejected)


def read_json(value: bytes) -> Row:
    """The fields of a JSON message; raises Unfit."""
    if not value.strip():
        raise Unfit("empty", "the message is only white space" if value else "the message is empty")
    event = json_text.read(text_of(value, "value"))
    if not isinstance(event, dict):
        raise Unfit("not_an_object", f"the message is JSON, but no object: {json_text.write(event)[:100]}")
    return event


def _row(contract: Contract, value: bytes | None, key: bytes | None, read: Callable[[bytes], Row]) -> Row:
    """The message's fields as wire text, each of the right JSON type; whether the text fits is not yet known."""
    row: Row = {"_key": None if key is None else text_of(key, "key"), "_tombstone": value is None}
    if value is None:
        return _tombstone(contract, row, row["_key"])
    try:
        event = read(value)
    except Deleted as deleted:
        return _tombstone(contract, row, deleted.key if row["_key"] is None else row["_key"])
    extra: dict[str, Any] = {}
    for field in contract.fields:
        found = event.pop(field.name, None)
        if isinstance(found, json_text.Kept):
            row[field.name], extra[field.name] = None, found
        elif field.fields:
            row[field.name], unknown = json_text.list_items(field, found)
            if unknown:
                extra[field.name] = unknown
        else:
            row[field.name] = json_text.wire_text(field, found)
    extra |= event
    row["_extra"] = json_text.write(extra) if extra else None
    return row


def _tombstone(contract: Contract, row: Row, key: str | None) -> Row:
    if contract.tombstone != "delete":
        raise Unfit("tombstone", f"{contract.topic} takes no tombstones")
    if key is None:
        raise Unfit("missing_key", "a tombstone without a key deletes nothing")
    return row | {"_tombstone": True, contract.key: key}


def _table(contract: Contract, rows: list[Row]) -> pa.Table:
    # A tombstone has no field but the key; what is required of events was seen to before.
    optional = [field.model_copy(update={"required": False}) for field in contract.fields]
    columns = [_column(field, [row.get(field.name) for row in rows]) for field in optional]
    columns.append(pa.array([row.get("_extra") for row in rows], pa.string()))
    columns.append(pa.array([row["_tombstone"] for row in rows], pa.bool_()))
    columns.append(pa.array([row["_key"] for row in rows], pa.string()))
    return pa.Table.from_arrays(columns, schema=decoded_schema(contract))


def _column(field: Field, found: list[Any]) -> pa.Array:
    return convert_lists(field, found) if field.fields else convert(field, pa.array(found, pa.string()))


def text_of(raw: bytes, what: str) -> str:
    """UTF-8 as text; raises Unfit."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unfit("not_utf8", f"the {what} is not UTF-8 at byte {error.start}") from error
