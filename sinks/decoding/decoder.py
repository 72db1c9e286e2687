"""The seam of decoding: whatever the wire format, a decoder turns messages into the columns of a landing table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from sinks.payloads import Payloads
from sinks.records import Ints


@dataclass(frozen=True)
class Rejected:
    """A message that fits no contract: its position among those decoded, a reason out of ``REASONS``, a detail."""

    position: int
    reason: str
    detail: str


class Rejection(NamedTuple):
    """Why messages fit no contract, wherever they are."""

    reason: str
    detail: str


REASONS = {
    "tombstone": "the contract takes no tombstones",
    "empty": "the message has no bytes",
    "not_utf8": "value or key are not UTF-8",
    "malformed": "the value is not well-formed in the wire format",
    "no_schema_id": "the value does not begin with a zero byte and a schema id",
    "unknown_schema": "the registry has no schema of that id",
    "incompatible_schema": "the contract cannot take the message's schema",
    "no_envelope": "the value is no change event, which the topic's envelope says",
    "no_row_change": "a change event that concerns no single row: a truncation, or a message",
    "not_an_object": "the value is well-formed but no object",
    "duplicate_field": "a field occurs twice",
    "missing_field": "a required field is missing or null",
    "wrong_type": "a field has another type than the contract's",
    "not_allowed": "a field has a value that is not one of the contract's",
    "out_of_range": "a number, date or time does not fit the field exactly",
    "below_minimum": "a number is less than the contract's minimum",
    "missing_key": "a tombstone names nothing, as it has no key",
}


@dataclass(frozen=True)
class Decoded:
    """``table`` has the contract's fields, then the evolved columns, then ``_extra``, ``_tombstone``, ``_key``.

    Evolved columns are fields that the writer's schema has and the contract lacks; they may differ from batch to batch.
    ``positions`` says which message each row was, ascending. Every message is in exactly one of ``positions`` and
    ``rejected``.
    """

    table: pa.Table
    positions: Ints
    rejected: list[Rejected]


# What a decoder adds behind the contract's fields and evolved columns.
OWN_COLUMNS = ("_extra", "_tombstone", "_key")


class Decoder(Protocol):
    """Decodes messages of one topic. Called by several threads at once."""

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """Decode messages given by their values and keys, of which there are as many.

        Raises:
            TopicStopped: the topic cannot go on before an operator decided, such as SchemaIncompatible.
            TopicWaits: the topic cannot go on now, such as SchemaUnavailable; the same messages come again later.
        """
        ...


def all_rejected(schema: pa.Schema, why: Iterable[Rejection]) -> Decoded:
    """Messages that are all rejected, by why each is; ``schema`` is that of the rows they did not become."""
    rejected = [Rejected(position, *each) for position, each in enumerate(why)]
    return Decoded(schema.empty_table(), np.empty(0, np.int64), rejected)


def concatenated(parts: list[tuple[int, Decoded]], schema: pa.Schema) -> Decoded:
    """Parts that were decoded on their own, each with the position of its first message."""
    return Decoded(
        pa.concat_tables([schema.empty_table(), *(part.table for _, part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.positions + start for start, part in parts)]),
        [
            Rejected(rejected.position + start, rejected.reason, rejected.detail)
            for start, part in parts
            for rejected in part.rejected
        ],
    )


def merged(parts: list[tuple[Ints, Decoded]]) -> Decoded:
    """Parts of one batch, each with the positions that its messages have in the batch; at least one part.

    A part that lacks another's evolved column has nulls there; decimals of different width get the wider type.
    """
    if len(parts) == 1:
        return parts[0][1]
    tables = [part.table for _, part in parts]
    own = len(OWN_COLUMNS)
    columns: dict[str, pa.Field] = {}
    for table in tables:
        for field in list(table.schema)[: len(table.schema) - own]:
            known = columns.get(field.name)
            columns[field.name] = pa.field(field.name, wider(known.type, field.type)) if known else field
    schema = pa.schema([*columns.values(), *list(tables[0].schema)[-own:]])
    table = pa.concat_tables([_filled(each, schema) for each in tables])
    positions = np.concatenate([at[part.positions] for at, part in parts])
    order = np.argsort(positions)
    rejected = [
        Rejected(int(at[each.position]), each.reason, each.detail) for at, part in parts for each in part.rejected
    ]
    return Decoded(table.take(pa.array(order)), positions[order], sorted(rejected, key=lambda each: each.position))


def wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type that holds both exactly: equal ones, or decimals.

    Raises:
        ValueError: there is none.
    """
    if one == other:
        return one
    if pa.types.is_decimal(one) and pa.types.is_decimal(other):
        scale = max(one.scale, other.scale)
        whole = max(one.precision - one.scale, other.precision - other.scale)
        if whole + scale <= 38:
            return pa.decimal128(whole + scale, scale)
    raise ValueError(f"{one} and {other} have no type in common")


def _filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    there = set(table.column_names)
    return pa.Table.from_arrays(
        [
            table.column(field.name).cast(field.type) if field.name in there else pa.nulls(table.num_rows, field.type)
            for field in schema
        ],
        schema=schema,
    )
