"""JSON decoded a block at a time: the messages that keep to the contract become columns without a detour by objects.

``json_scan`` finds each field's values as text; ``columns.convert`` makes them the field's type, strictly. A message
that either does not take is left to ``json_rows``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contracts import Contract, Field
from sinks.decoding import json_scan, json_text, json_values
from sinks.decoding.arrays import are_utf8, texts_of
from sinks.decoding.blocks import OBJECT_BYTES, bounded
from sinks.decoding.columns import Unfit, convert, convert_lists, decoded_schema, tried
from sinks.decoding.decoder import Decoded
from sinks.decoding.meanings import Meaning
from sinks.payloads import Payloads

_TEXT = json_values.STRING | json_values.ESCAPED
_TAKES = {
    "integer": json_values.NUMBER,
    "double": json_values.NUMBER,
    "boolean": json_values.BOOLEAN,
    "list": json_values.LIST,
}


class BulkDecoder:
    """Decodes the messages of one topic that keep to its contract; used by several threads at once."""

    def __init__(self, contract: Contract, meanings: Mapping[str, Meaning] | None = None) -> None:
        self._meanings = dict(meanings or {})
        self._fields = contract.fields
        self._schema = decoded_schema(contract)
        self._names = Payloads.of([field.name.encode() for field in self._fields])
        takes = [_TAKES.get(field.type, _TEXT) | (json_values.NUMBER if field.decimal else 0) for field in self._fields]
        for place, field in enumerate(self._fields):
            if meaning := self._meanings.get(field.name):
                takes[place] = meaning.takes
        self._takes = np.array(takes, np.uint8)
        self._required = np.array([field.required for field in self._fields], np.bool_)

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """The messages that are right in every respect; the others are left out, and none is rejected."""
        bounds = values.bounds
        return self.read(values.data, bounds[:-1], bounds[1:], are_utf8(values.arrow()), keys)

    def read(self, data: Any, froms: Any, pasts: Any, sound: Any, keys: Payloads) -> Decoded:
        """The same of messages that lie between ``froms`` and ``pasts``; ``sound`` says which are UTF-8."""
        raw_keys = keys.arrow()
        shape = len(self._fields), len(froms)
        starts, ends, kinds = np.empty(shape, np.int32), np.empty(shape, np.int32), np.zeros(shape, np.uint8)
        read = json_scan.scan(
            data, froms, pasts, self._names.data, self._names.bounds, self._takes, self._required, starts, ends, kinds
        )
        read &= sound & are_utf8(raw_keys)
        chosen = np.flatnonzero(read)
        while True:
            if len(chosen) < kinds.shape[1]:
                starts, ends, kinds = starts[:, read], ends[:, read], kinds[:, read]
            columns, read = self._columns(data, starts, ends, kinds)
            if read.all():
                break
            chosen = chosen[read]
        own = [pa.nulls(len(chosen), pa.string()), pa.array(np.zeros(len(chosen), bool))]
        columns += [*own, raw_keys.take(pa.array(chosen)).cast(pa.string())]
        return Decoded(pa.Table.from_arrays(columns, schema=self._schema), chosen, [])

    def _columns(self, data: Any, starts: Any, ends: Any, kinds: Any) -> tuple[list[pa.Array], Any]:
        """The columns, and which messages fit; where one does not, the columns are worth nothing."""
        fit = np.ones(kinds.shape[1], np.bool_)
        columns = []
        for field, *spans in zip(self._fields, starts, ends, kinds, strict=True):
            texts = texts_of(data, *spans)
            column = partial(_column, field, self._meanings.get(field.name))
            made, right = tried(column, texts)
            columns.append(made)
            fit &= right
        return columns, fit


def _column(field: Field, meaning: Meaning | None, texts: pa.Array) -> pa.Array:
    if meaning is not None:
        texts = meaning.texts(field, texts)
    return _lists(field, texts) if field.fields else convert(field, texts)


def _lists(field: Field, texts: pa.Array) -> pa.Array:
    sizes = pc.binary_length(texts).fill_null(0).to_numpy()
    some = [_some_lists(field, texts[first:past]) for first, past in bounded(sizes, OBJECT_BYTES)]
    return pa.concat_arrays(some) if some else convert_lists(field, [])


def _some_lists(field: Field, texts: pa.Array) -> pa.Array:
    lists: list[Any] = []
    for text in texts.to_pylist():
        items, unknown = json_text.list_items(field, None if text is None else json_text.read(text))
        if unknown:
            raise Unfit("wrong_type", f"{field.name} has members the contract does not know")
        lists.append(items)
    return convert_lists(field, lists)
