"""The decoder of one Avro schema: whole blocks by compiled code, what that does not take message by message."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding import json_text
from sinks.decoding.arrays import are_utf8
from sinks.decoding.avro_columns import Found, made, read
from sinks.decoding.avro_plan import Plan, Table, evolved, matched
from sinks.decoding.avro_rows import AvroReader
from sinks.decoding.avro_schema import parse
from sinks.decoding.blocks import decode_blocks
from sinks.decoding.columns import Unfit, decoded_schema
from sinks.decoding.decoder import Decoded
from sinks.decoding.evolution import with_evolved
from sinks.decoding.framed import FRAME, Incompatible
from sinks.decoding.json_rows import decode_rows
from sinks.decoding.registry import Schema
from sinks.payloads import Payloads


class AvroDecoder:
    """Decodes framed messages of one schema. Fields are matched by name, or by the schema's aliases, never by place.

    ``contract`` is the topic's with the evolved columns that this schema has.

    Raises:
        Incompatible: the contract cannot take the schema.
    """

    def __init__(self, contract: Contract, schema: Schema) -> None:
        self._record = parse(schema.text, schema.references)
        if self._record.kind != "record":
            raise Incompatible(f"it is {self._record}, not a record")
        self.contract = with_evolved(contract, evolved(self._record, contract))
        self._plan = Plan(self._record, self.contract.fields, Table())
        names = matched(self._record, self.contract.fields)
        self._names = {name: field.name for name, field in names.items()}
        self._schema = decoded_schema(self.contract)

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""
        rows = partial(decode_rows, self.contract, read=self.read)
        return decode_blocks(self.contract, values, keys, self.bulk, rows)

    def bulk(self, values: Payloads, keys: Payloads) -> Decoded:
        """The messages that are right in every respect; the others are left out, and none is rejected."""
        begins, limits = values.bounds[:-1] + np.int32(FRAME), np.ascontiguousarray(values.bounds[1:])
        found, right = read(self._plan, values.data, begins, limits)
        raw_keys = keys.arrow()
        right &= are_utf8(raw_keys)
        chosen = np.flatnonzero(right)
        while True:
            if len(chosen) < found.kinds.shape[1]:
                found = found.only(right)
            columns, right = made(self._plan, found)
            extra, told = self._extra(found)
            right &= told
            if right.all():
                break
            chosen = chosen[right]
        columns += [extra, pa.array(np.zeros(len(chosen), bool)), raw_keys.take(pa.array(chosen)).cast(pa.string())]
        return Decoded(pa.Table.from_arrays(columns, schema=self._schema), chosen, [])

    def read(self, value: bytes) -> dict[str, Any]:
        """The fields of a framed message, for the row path; raises Unfit."""
        event = AvroReader(value, FRAME, len(value)).whole(self._record)
        return {self._names.get(name, name): each for name, each in event.items()}

    def _extra(self, found: Found) -> tuple[pa.Array, Any]:
        """What is in no column, as JSON, and whose could be read."""
        count = found.kinds.shape[1]
        right = np.ones(count, np.bool_)
        extras = self._plan.extras
        slots = [extra.slot for extra in extras]
        holders = np.flatnonzero(found.kinds[slots].any(axis=0)) if slots else ()
        texts: list[str | None] = [None] * (count if len(holders) else 0)
        for holder in holders:
            try:
                members = {each.name: _value(each.type, found, each.slot, holder) for each in extras}
            except Unfit:
                right[holder] = False
                continue
            members = {name: each for name, each in members.items() if each is not None}
            texts[holder] = json_text.write(members) if members else None
        return pa.array(texts, pa.string()) if len(holders) else pa.nulls(count, pa.string()), right


def _value(kind: Any, found: Found, slot: int, holder: Any) -> Any:
    if not found.kinds[slot, holder]:
        return None
    start, end = int(found.starts[slot, holder]), int(found.ends[slot, holder])
    return AvroReader(found.data[start:end].tobytes(), 0, end - start).whole(kind)
