"""Confluent's wire format: a zero byte, the schema's id in four bytes (big-endian), then the message itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding.columns import decoded_schema
from sinks.decoding.decoder import OWN_COLUMNS, Decoded, Decoder, Rejection, all_rejected, merged, wider
from sinks.decoding.json_rows import decode_rows
from sinks.decoding.once import OnceEach
from sinks.decoding.registry import Kind, Schema, SchemaRegistry, UnknownSchema
from sinks.errors import SchemaIncompatible
from sinks.payloads import Payloads
from sinks.records import Ints

# Bytes before the message itself.
FRAME = 5
_TOMBSTONE, _EMPTY, _UNFRAMED = -1, -2, -3
_NO_ID = {
    _EMPTY: Rejection("empty", "the message is empty"),
    _UNFRAMED: Rejection("no_schema_id", "the message does not begin with a zero byte and a schema id"),
}

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
    and may raise ``Incompatible``. It is called once a schema. ``landed`` are the columns that the landing table has
    beyond the contract's: what a schema brings along under one of their names must go with it.
    """

    def __init__(
        self,
        contract: Contract,
        registry: SchemaRegistry,
        kind: Kind,
        compile: Callable[[Schema], Decoder],
        on_incompatible: OnIncompatible = "stop",
        landed: Iterable[pa.Field] = (),
    ) -> None:
        self._contract = contract
        self._schema = decoded_schema(contract)
        self._registry = registry
        self._kind = kind
        self._compile = compile
        self._on_incompatible = on_incompatible
        self._decoders = OnceEach[Decoder | Rejection]()
        self._evolved = {column.name.casefold(): column for column in landed}
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
        schemas = self._registry.schemas([each for each in distinct if each >= 0], self._contract.topic)
        decoders: dict[int, Decoder] = {}
        refused = dict(_NO_ID)
        for schema_id, schema in schemas.items():
            chosen = self._decoder(schema_id, schema)
            if isinstance(chosen, Rejection):
                refused[schema_id] = chosen
            else:
                decoders[schema_id] = chosen
        # Together, as there may be as many ids as messages.
        at = np.flatnonzero(np.isin(ids, list(refused)))
        parts = [(at, all_rejected(self._schema, [refused[each] for each in ids[at].tolist()]))]
        if len(at) == len(ids):
            return parts[0][1]
        for schema_id in distinct:
            if schema_id in refused:
                continue
            positions = np.flatnonzero(ids == schema_id)
            whole = len(positions) == len(ids)
            theirs = (values, keys) if whole else (values.take(positions), keys.take(positions))
            part = self._part(schema_id, decoders.get(schema_id), *theirs)
            part = self._agreed(schema_id, part, len(positions))
            if whole:
                return part
            parts.append((positions, part))
        return merged(parts)

    def _part(self, schema_id: int, decoder: Decoder | None, values: Payloads, keys: Payloads) -> Decoded:
        if decoder is None:
            return decode_rows(self._contract, values.list(), keys.list())
        try:
            return decoder.decode(values, keys)
        except Incompatible as error:
            bad = np.arange(len(values)) if error.positions is None else error.positions
            left = np.setdiff1d(np.arange(len(values)), bad)
            aside = self._incompatible(schema_id, error, len(bad))
            return merged([(bad, aside), (left, self._part(schema_id, decoder, values.take(left), keys.take(left)))])

    def _agreed(self, schema_id: int, part: Decoded, messages: int) -> Decoded:
        """The part, if its evolved columns go with those of other schemas of the topic, and of the landing table."""
        columns = list(part.table.schema)[len(self._contract.fields) : -len(OWN_COLUMNS)]
        try:
            with self._lock:
                agreed = {column.name.casefold(): self._wider(column) for column in columns}
                self._evolved |= agreed
        except Incompatible as error:
            return self._incompatible(schema_id, error, messages)
        return part

    def _wider(self, column: pa.Field) -> pa.Field:
        known = self._evolved.get(column.name.casefold(), column)
        if known.name != column.name:
            raise Incompatible(
                f"{column.name} and {known.name} of the landing table or an earlier schema differ only in case"
            )
        try:
            return pa.field(column.name, wider(known.type, column.type))
        except ValueError:
            raise Incompatible(
                f"{column.name} is {column.type} in the schema, {known.type} in the landing table or an earlier one; "
                "give it another name"
            ) from None

    def _incompatible(self, schema_id: int, error: Incompatible, messages: int) -> Decoded:
        return all_rejected(self._schema, [self._refused(schema_id, error)] * messages)

    def _refused(self, schema_id: int, error: Incompatible) -> Rejection:
        """What a dead letter says of the schema; raises SchemaIncompatible where the topic shall stop for it."""
        subjects = self._registry.subjects(schema_id)
        named = f"schema id {schema_id}{f' ({subjects})' if subjects else ''}"
        told = f"topic {self._contract.topic}, {named}: {error}."
        if self._on_incompatible == "stop":
            raise SchemaIncompatible(
                self._contract.topic,
                f"{told} Nothing of it was landed; correct the contract or the producer, or set "
                "on_incompatible=dead_letter to set such messages aside.",
            ) from error
        return Rejection("incompatible_schema", told)

    def _decoder(self, schema_id: int, schema: Schema | None) -> Decoder | Rejection:
        """The schema's decoder, or why its messages are dead letters."""
        if schema is None:
            return Rejection("unknown_schema", str(UnknownSchema(schema_id)))
        return self._decoders.get(schema_id, lambda: self._compiled(schema))

    def _compiled(self, schema: Schema) -> Decoder | Rejection:
        try:
            if schema.kind != self._kind:
                raise Incompatible(f"it is of the type {schema.kind}, the setting says {self._kind}")
            return self._compile(schema)
        except Incompatible as error:
            return self._refused(schema.id, error)


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
