"""The decoder of Protobuf's messages of one schema: what is plain in bulk, everything else message by message."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from google.protobuf.descriptor import Descriptor

from contracts import Contract, Field
from sinks.decoding import protobuf_bulk, protobuf_scan
from sinks.decoding.arrays import are_utf8
from sinks.decoding.blocks import in_blocks, with_left
from sinks.decoding.columns import arrow_type, decoded_schema
from sinks.decoding.decoder import Decoded, Rejection, all_rejected, merged
from sinks.decoding.evolution import with_evolved
from sinks.decoding.framed import FRAME, Incompatible
from sinks.decoding.json_rows import decode_rows
from sinks.decoding.protobuf_plan import evolved, plan_of
from sinks.decoding.protobuf_rows import RowReader
from sinks.decoding.protobuf_schema import CompilerFailed, ProtobufSchema, SchemaBroken
from sinks.decoding.registry import Schema
from sinks.errors import SchemaUnavailable
from sinks.payloads import Payloads
from sinks.records import Ints

Bounds = npt.NDArray[np.int32]

# The first message of the file, which Confluent's frame writes as one byte, or as a list of one index.
_FIRST = 0
# What ``protobuf_scan.unframe`` says of indexes that are broken.
_NO_MESSAGE = -1


class ProtobufDecoder:
    """Decodes framed messages of one schema; which of its messages each is stands behind the frame.

    Raises:
        Incompatible: the schema does not compile.
        SchemaUnavailable: the compiler failed, which says nothing of the schema.
    """

    def __init__(self, contract: Contract, schema: Schema, evolve: bool = True) -> None:
        try:
            self._schema = ProtobufSchema(schema.text, dict(schema.references))
        except SchemaBroken as error:
            raise Incompatible(f"it does not compile: {error}") from error
        except CompilerFailed as error:
            raise SchemaUnavailable(
                contract.topic,
                f"schema id {schema.id} of topic {contract.topic}: {error}. The topic waits and is tried again.",
            ) from error
        self._contract = contract
        self._evolve = evolve
        self._readers: dict[int, MessageDecoder] = {}

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``.

        Raises:
            Incompatible: a message of the schema does not fit the contract.
        """
        indexes, starts = np.empty(len(values), np.int64), np.empty(len(values), np.int32)
        protobuf_scan.unframe(values.data, values.bounds, FRAME, indexes, starts)
        ends, strange = values.bounds[1:], []
        for index in np.unique(indexes).tolist():
            try:
                if isinstance(self._reader(index), str):
                    strange.append(index)
            except Incompatible as error:
                raise Incompatible(str(error), np.flatnonzero(indexes == index)) from error
        # Rejected together: there may be as many as messages.
        indexes[np.isin(indexes, strange)] = _NO_MESSAGE
        distinct = np.unique(indexes).tolist()
        parts: list[tuple[Ints, Decoded]] = [(np.empty(0, np.int64), self._rejected(0, ""))]
        for index in distinct:
            if len(distinct) == 1:
                return self._type(index, values, starts, ends, keys)
            chosen = np.flatnonzero(indexes == index)
            parts.append((chosen, self._type(index, values, starts[chosen], ends[chosen], keys.take(chosen))))
        return merged(parts)

    def _reader(self, index: int) -> MessageDecoder | str:
        """What decodes messages of that index, or why none does."""
        if found := self._readers.get(index):
            return found
        try:
            message = self._schema.message(_path(index))
        except IndexError:
            return "no message of the schema has the indexes behind the schema id, or they are cut off"
        more = evolved(message, self._contract) if self._evolve else ()
        reader = self._readers[index] = MessageDecoder(self._contract, message, more)
        return reader

    def _type(self, index: int, values: Payloads, starts: Bounds, ends: Bounds, keys: Payloads) -> Decoded:
        reader = self._reader(index)
        if isinstance(reader, str):
            return self._rejected(len(keys), reader)

        def block(first: int, past: int) -> Decoded:
            return reader.decode(values, starts[first:past], ends[first:past], keys.slice(first, past))

        return in_blocks(ends - starts, decoded_schema(reader.contract), block)

    def _rejected(self, count: int, detail: str) -> Decoded:
        return all_rejected(decoded_schema(self._contract), [Rejection("malformed", detail)] * count)


class MessageDecoder:
    """Decodes messages of one type; ``more`` are the evolved columns that it has.

    Raises:
        Incompatible: the contract cannot take the type.
    """

    def __init__(self, contract: Contract, message: Descriptor, more: tuple[Field, ...] = ()) -> None:
        self.contract = with_evolved(contract, more)
        self.plan = plan_of(message, contract.fields, more)
        self._rows = RowReader(self.plan)

    def decode(self, values: Payloads, starts: Bounds, ends: Bounds, keys: Payloads) -> Decoded:
        """Decode the messages between ``starts`` and ``ends``, none of them a tombstone."""

        def rows(left: Ints) -> Decoded:
            bodies: list[bytes | None] = [values.data[starts[each] : ends[each]].tobytes() for each in left]
            return self.rows(bodies, keys.take(left).list())

        return with_left(self.bulk(values, starts, ends, keys), ends - starts, rows)

    def bulk(self, values: Payloads, starts: Bounds, ends: Bounds, keys: Payloads) -> Decoded:
        """The messages that are right in every respect; the others are left out, and none is rejected."""
        if not self.plan.in_bulk:
            return self.rows([], [])
        made, chosen = protobuf_bulk.columns(self.plan, values.data, starts, ends)
        raw_keys = keys.arrow()
        if not (sound := are_utf8(raw_keys)).all():
            kept = sound[chosen]
            made = {name: column.filter(pa.array(kept)) for name, column in made.items()}
            chosen = chosen[kept]
        count = len(chosen)
        columns = {
            field.name: made[field.name] if field.name in made else pa.nulls(count, arrow_type(field))
            for field in self.contract.fields
        }
        columns["_extra"] = pa.nulls(count, pa.string())
        columns["_tombstone"] = pa.array(np.zeros(count, bool))
        columns["_key"] = raw_keys.take(pa.array(chosen)).cast(pa.string())
        return Decoded(pa.table(columns), chosen, [])

    def rows(self, bodies: list[bytes | None], keys: list[bytes | None]) -> Decoded:
        """The same, one by one, with what is wrong with each."""
        return decode_rows(self.contract, bodies, keys, self._rows.read)


def _path(index: int) -> list[int]:
    """The message indexes in the bytes that ``protobuf_scan.unframe`` gives as a number.

    Raises:
        IndexError: they are broken, or more than seven bytes.
    """
    if index < 0:
        raise IndexError("cut off, or more than seven bytes")
    numbers, number, shift = [], 0, 0
    for byte in index.to_bytes(8, "little"):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append((number >> 1) ^ -(number & 1))
            number, shift = 0, 0
    return numbers[1 : 1 + numbers[0]] or [_FIRST]
