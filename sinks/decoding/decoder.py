"""The seam of decoding: whatever the wire format, a decoder turns messages into the columns of a landing table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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


REASONS = {
    "tombstone": "the contract takes no tombstones",
    "empty": "the message has no bytes",
    "not_utf8": "value or key are not UTF-8",
    "malformed": "the value is not well-formed in the wire format",
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


class Decoder(Protocol):
    """Decodes messages of one topic. Called by several threads at once."""

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """Decode messages given by their values and keys, of which there are as many.

        Raises:
            TopicStopped: the topic cannot go on before an operator decided, such as SchemaIncompatible.
            TopicWaits: the topic cannot go on now, such as SchemaUnavailable; the same messages come again later.
        """
        ...


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
