"""A batch decoded block by block: what keeps to the contract in bulk, everything else message by message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding.columns import decoded_schema
from sinks.decoding.decoder import Decoded, concatenated, merged
from sinks.payloads import Payloads
from sinks.records import Ints

# The most messages of a block: their bytes stay in the processor's cache from reading to copying.
BLOCK = 8_192
# The most bytes of a block of more than one message, since what is made of them may take many times as much memory: in
# bulk about ten times, as Python's objects 150 times.
BLOCK_BYTES, OBJECT_BYTES = 16 * 1024 * 1024, 1024 * 1024

Bulk = Callable[[Payloads, Payloads], Decoded]
Rows = Callable[[Sequence[bytes | None], Sequence[bytes | None]], Decoded]


def in_blocks(
    sizes: Ints, schema: pa.Schema, decode: Callable[[int, int], Decoded], most_bytes: int = BLOCK_BYTES
) -> Decoded:
    """What ``decode`` makes of messages of these ``sizes``, given the first of a block and the one behind its last."""
    return concatenated([(first, decode(first, past)) for first, past in bounded(sizes, most_bytes)], schema)


def decode_blocks(contract: Contract, values: Payloads, keys: Payloads, bulk: Bulk, rows: Rows) -> Decoded:
    """The messages as columns of ``contract``.

    ``bulk`` leaves out what it does not take, and rejects nothing; ``rows`` is given that, and is the judge of it.
    """

    def block(first: int, past: int) -> Decoded:
        own, own_keys = values.slice(first, past), keys.slice(first, past)
        return with_left(
            bulk(own, own_keys), sizes[first:past], lambda left: rows(own.take(left).list(), own_keys.take(left).list())
        )

    sizes = np.diff(values.bounds)
    return in_blocks(sizes, decoded_schema(contract), block)


def with_left(bulk: Decoded, sizes: Ints, rows: Callable[[Ints], Decoded]) -> Decoded:
    """``bulk`` of messages of these ``sizes``, and what ``rows`` makes of those it left out, by their positions."""
    if len(bulk.positions) == len(sizes):
        return bulk
    every = np.arange(len(sizes))
    left = np.setdiff1d(every, bulk.positions, assume_unique=True)
    schema = bulk.table.schema
    slow = in_blocks(sizes[left], schema, lambda first, past: rows(left[first:past]), OBJECT_BYTES)
    return merged([(every, bulk), (left, slow)])


def bounded(sizes: Ints, most_bytes: int) -> Iterator[tuple[int, int]]:
    """Where blocks begin and end: of at most ``BLOCK`` messages, and so many bytes if it is more than one message."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    first = 0
    while first < len(sizes):
        within = int(np.searchsorted(before, before[first] + most_bytes, side="right")) - 1
        past = min(max(within, first + 1), first + BLOCK, len(sizes))
        yield first, past
        first = past
