"""Debezium's change events in JSON: the row after the change lands, a deletion becomes a tombstone.

A block's rows are found by compiled code where they stand and read from there as any JSON; what is odd is decoded
message by message. A schema that comes with each message says what numbers and texts mean; it is read once.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from contracts import Contract
from sinks.decoding import debezium_scan, json_text
from sinks.decoding.arrays import are_utf8
from sinks.decoding.blocks import in_blocks
from sinks.decoding.columns import Unfit, decoded_schema
from sinks.decoding.decoder import Decoded, merged
from sinks.decoding.json_bulk import BulkDecoder
from sinks.decoding.json_rows import Deleted, Row, decode_rows, text_of
from sinks.decoding.meanings import Meaning, meanings_of
from sinks.payloads import PADDING, Payloads
from sinks.records import Ints

# So many schemas of a topic are remembered, and so many in one block are read in bulk.
_SCHEMAS, _IN_BLOCK = 64, 4
_NO_ROW = {"t": "the table was truncated", "m": "it is a message that the source's log carried"}


class Envelopes:
    """One change event a message, with plain keys (``debezium_keys``)."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._plain = BulkDecoder(contract, meanings_of(None, contract.fields))
        self._by_schema: dict[bytes, BulkDecoder] = {}
        self._last = b""

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""

        def block(first: int, past: int) -> Decoded:
            return self._block(values.slice(first, past), keys.slice(first, past))

        return in_blocks(np.diff(values.bounds), decoded_schema(self._contract), block)

    def _block(self, values: Payloads, keys: Payloads) -> Decoded:
        parts = self.bulk(values, keys)
        done = np.concatenate([np.empty(0, np.int64), *(chosen[part.positions] for chosen, part in parts)])
        left = np.setdiff1d(np.arange(len(values)), done)
        if len(left) or not parts:
            rows = values.take(left).list(), keys.take(left).list()
            parts.append((left, decode_rows(self._contract, *rows, partial(read, self._contract))))
        return merged(parts)

    def bulk(self, values: Payloads, keys: Payloads) -> list[tuple[Ints, Decoded]]:
        """What is right in every respect, in parts, each with the positions of the messages given to it."""
        sound = are_utf8(values.arrow()) & values.present
        todo, parts, known = np.flatnonzero(sound), [], self._last
        for _ in range(_IN_BLOCK):
            count = len(todo)
            rows, schemas = np.zeros((count, 2), np.int32), np.zeros((count, 2), np.int32)
            kinds = np.zeros(count, np.uint8)
            padded = np.frombuffer(known + bytes(PADDING), np.uint8)
            froms, pasts = values.bounds[:-1][todo], values.bounds[1:][todo]
            debezium_scan.envelopes(values.data, froms, pasts, padded, len(known), rows, schemas, kinds)
            for kind in (debezium_scan.PLAIN, debezium_scan.KNOWN):
                some = kinds == kind
                if some.any():
                    decoder = self._plain if kind == debezium_scan.PLAIN else self._of(known)
                    froms, pasts = (np.ascontiguousarray(each) for each in rows[some].T)
                    chosen = todo[some]
                    theirs = keys if len(chosen) == len(keys) else keys.take(chosen)
                    parts.append((chosen, decoder.read(values.data, froms, pasts, np.ones(len(chosen), bool), theirs)))
            others = np.flatnonzero(kinds == debezium_scan.OTHER)
            if not len(others):
                break
            first, past = schemas[others[0]]
            known = self._last = values.data[first:past].tobytes()
            todo = todo[others]
        return parts

    def _of(self, schema: bytes) -> BulkDecoder:
        if found := self._by_schema.get(schema):
            return found
        try:
            fields = row_fields(json_text.read_all(schema.decode()))
            made = BulkDecoder(self._contract, meanings_of(fields, self._contract.fields))
        except (Unfit, ValueError):
            # Nobody knows what its values mean, which is told message by message.
            made = _Nothing(self._contract)
        if len(self._by_schema) >= _SCHEMAS:
            self._by_schema.clear()
        self._by_schema[schema] = made
        return made


class _Nothing(BulkDecoder):
    """Leaves all messages to be decoded alone."""

    def read(self, data: Any, froms: Any, pasts: Any, sound: Any, keys: Payloads) -> Decoded:
        """No message."""
        none = np.empty(0, np.int64)
        return super().read(data, froms[:0], pasts[:0], sound[:0], keys.take(none))


def read(contract: Contract, value: bytes) -> Row:
    """The row after the change, as JSON's values.

    Raises:
        Unfit: the message is no change of a row, or the row does not fit.
        Deleted: the row was deleted.
    """
    if not value.strip():
        raise Unfit("empty", "the message is only white space" if value else "the message is empty")
    event = json_text.read_all(text_of(value, "value"))
    schema = None
    if isinstance(event, dict) and "payload" in event and event.keys() <= {"schema", "payload"}:
        _require_once(event, {"schema", "payload"})
        schema, event = event.get("schema"), event["payload"]
    if not isinstance(event, dict):
        raise Unfit("not_an_object", f"the message is JSON, but no object: {json_text.write(event)[:100]}")
    _require_once(event, {"op", "before", "after"})
    operation = event.get("op")
    if not isinstance(operation, str) or isinstance(operation, json_text.Number):
        raise Unfit("no_envelope", "the message has no op, which says what a change event did")
    if operation == "d":
        before = event.get("before")
        key = before.get(contract.key) if isinstance(before, dict) else None
        raise Deleted(key if isinstance(key, str) else None)
    if operation not in ("c", "u", "r"):
        raise Unfit("no_row_change", f"op is {operation[:20]!r}: {_NO_ROW.get(operation, 'it changes no row')}")
    row = event.get("after")
    if not isinstance(row, dict):
        raise Unfit("no_envelope", f"op is {operation!r}, but after holds no row")
    try:
        _require_once_deep(row)
    except RecursionError as error:
        raise Unfit("malformed", "not JSON that can be read: nested too deeply") from error
    return _row(contract, row, schema)


def _row(contract: Contract, row: Row, schema: Any) -> Row:
    try:
        meanings: dict[str, Meaning] = meanings_of(row_fields(schema), contract.fields)
    except ValueError as error:
        raise Unfit("malformed", f"the message's own schema cannot be read: {error}") from error
    meant = dict(row)
    for field in contract.fields:
        if field.name in row and (meaning := meanings.get(field.name)):
            meant[field.name] = meaning.value(field, row[field.name])
    return meant


def row_fields(schema: Any) -> Any:
    """The fields of the row ``after`` in an envelope's Kafka Connect schema; None if it has none."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    for each in fields if isinstance(fields, list) else ():
        if isinstance(each, dict) and each.get("field") == "after":
            return each.get("fields")
    return None


def _require_once(found: dict[str, Any], names: set[str]) -> None:
    if isinstance(found, json_text.Doubled) and (twice := sorted(found.twice & names)):
        raise Unfit("duplicate_field", f"{twice[0]} occurs twice")


def _require_once_deep(found: Any) -> None:
    if isinstance(found, dict):
        _require_once(found, set(found))
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        _require_once_deep(each)
