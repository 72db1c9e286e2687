"""Confluent's wire format: a zero byte, the schema's id in four bytes (big-endian), then the message itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding.decoder import OWN_COLUMNS, Decoded, Decoder, Rejected, merged, wider
from sinks.decoding.json_rows import decode_rows
from sinks.decoding.registry import Kind, Schema, SchemaRegistry, UnknownSchema
from sinks.errors import SchemaIncompatible
from sinks.payloads import Payloads
from sinks.records import Ints

# Bytes before the message itself.
FRAME = 5
_TOMBSTONE, _EMPTY, _UNFRAMED = -1, -2, -3

OnIncompatible = Literal["stop", "dead_letter"]


class Incompatible(Exception):
    """A schema that the contract cannot take: the message names the field, both types and the remedy.

    Raised while decoding, it concerns the messages at ``positions`` alone, and the others are decoded again.
    """

    def __init__(self, told: str, positions: Ints | None = None) -> None:
        super().__init__(told)
        self.positions = positions


class FramedDecoder:
    """Decodes the messages of one topic, each by the schema it names.

    ``compile`` makes the decoder of one schema, which is given framed messages of that schema only, never tombstones,
    and may raise ``Incompatible``. It is called once a schema.
    """

    def __init__(
        self,
        contract: Contract,
        registry: SchemaRegistry,
        kind: Kind,
        compile: Callable[[Schema], Decoder],
        on_incompatible: OnIncompatible = "stop",
    ) -> None:
        self._contract = contract
        self._registry = registry
        self._kind = kind
        self._compile = compile
        self._on_incompatible = on_incompatible
        self._decoders: dict[int, Decoder | str] = {}
        self._evolved: dict[str, pa.Field] = {}
        self._lock = threading.Lock()

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``.

        Raises:
            SchemaUnavailable: a schema is not known yet and the registry does not answer.
            SchemaIncompatible: a schema does not fit the contract, and the sink shall stop for that.
        """
        ids = schema_ids(values)
        distinct = np.unique(ids).tolist()
        # All are found before any is decoded: a topic that waits shall not work for nothing.
        decoders = {each: self._decoder(each) for each in distinct if each >= 0}
        parts = []
        for schema_id in distinct:
            positions = np.flatnonzero(ids == schema_id)
            one = len(distinct) == 1
            some, their_keys = (values, keys) if one else (values.take(positions), keys.take(positions))
            part = self._part(schema_id, decoders.get(schema_id), some, their_keys)
            parts.append((positions, self._agreed(schema_id, part, len(positions))))
        if not parts:
            return self._rejected(0, "", "")
        return merged(parts)

    def _part(self, schema_id: int, decoder: Decoder | str | None, values: Payloads, keys: Payloads) -> Decoded:
        if schema_id == _TOMBSTONE:
            return decode_rows(self._contract, values.list(), keys.list())
        if schema_id == _EMPTY:
            return self._rejected(len(values), "empty", "the message is empty")
        if schema_id == _UNFRAMED:
            return self._rejected(
                len(values), "no_schema_id", "the message does not begin with a zero byte and a schema id"
            )
        if isinstance(decoder, str):
            reason, _, detail = decoder.partition(":")
            return self._rejected(len(values), reason, detail)
        assert decoder is not None
        try:
            return decoder.decode(values, keys)
        except Incompatible as error:
            bad = np.arange(len(values)) if error.positions is None else error.positions
            left = np.setdiff1d(np.arange(len(values)), bad)
            aside = self._rejected(len(bad), "incompatible_schema", self._refused(schema_id, error))
            return merged([(bad, aside), (left, self._part(schema_id, decoder, values.take(left), keys.take(left)))])

    def _agreed(self, schema_id: int, part: Decoded, messages: int) -> Decoded:
        """The part, if its evolved columns go with those of other schemas of the topic."""
        columns = list(part.table.schema)[len(self._contract.fields) : -len(OWN_COLUMNS)]
        try:
            with self._lock:
                agreed = {column.name.casefold(): self._wider(column) for column in columns}
                self._evolved |= agreed
        except Incompatible as error:
            return self._rejected(messages, "incompatible_schema", self._refused(schema_id, error))
        return part

    def _wider(self, column: pa.Field) -> pa.Field:
        known = self._evolved.get(column.name.casefold(), column)
        if known.name != column.name:
            raise Incompatible(f"{column.name} and {known.name} of an earlier schema differ only in case")
        try:
            return pa.field(column.name, wider(known.type, column.type))
        except ValueError:
            raise Incompatible(
                f"{column.name} is {column.type} in the schema, {known.type} in an earlier one; give it another name"
            ) from None

    def _refused(self, schema_id: int, error: Incompatible) -> str:
        """What a dead letter says of the schema; raises SchemaIncompatible where the topic shall stop for it."""
        told = self._told(schema_id, error)
        if self._on_incompatible == "stop":
            raise SchemaIncompatible(
                self._contract.topic,
                f"{told} Nothing of it was landed; correct the contract or the producer, or set "
                "on_incompatible=dead_letter to set such messages aside.",
            ) from error
        return told

    def _rejected(self, count: int, reason: str, detail: str) -> Decoded:
        nothing = decode_rows(self._contract, [], [])
        return Decoded(nothing.table, nothing.positions, [Rejected(each, reason, detail) for each in range(count)])

    def _decoder(self, schema_id: int) -> Decoder | str:
        """The schema's decoder, or reason and detail for which its messages are dead letters."""
        if found := self._decoders.get(schema_id):
            return found
        try:
            schema = self._registry.schema(schema_id, self._contract.topic)
        except UnknownSchema as unknown:
            return f"unknown_schema:{unknown}"
        with self._lock:
            if found := self._decoders.get(schema_id):
                return found
            try:
                if schema.kind != self._kind:
                    raise Incompatible(f"it is of the type {schema.kind}, the setting says {self._kind}")
                made: Decoder | str = self._compile(schema)
            except Incompatible as error:
                made = f"incompatible_schema:{self._refused(schema_id, error)}"
            self._decoders[schema_id] = made
            return made

    def _told(self, schema_id: int, error: Incompatible) -> str:
        subjects = self._registry.subjects(schema_id)
        named = f"schema id {schema_id}{f' ({subjects})' if subjects else ''}"
        return f"topic {self._contract.topic}, {named}: {error}."


def schema_ids(values: Payloads) -> Ints:
    """Each message's schema id; less than 0 where there is none: a tombstone, an empty message, or no frame."""
    starts = values.bounds[:-1].astype(np.int64)
    sizes = np.diff(values.bounds)
    # Reading five bytes is safe for all: Payloads have padding.
    head = values.data[starts[:, None] + np.arange(FRAME)]
    ids = np.ascontiguousarray(head[:, 1:]).view(">u4").ravel().astype(np.int64)
    framed = (sizes >= FRAME) & (head[:, 0] == 0)
    ids[~framed] = _UNFRAMED
    ids[sizes == 0] = _EMPTY
    ids[~values.present] = _TOMBSTONE
    return ids
