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
# The most bytes of a block of more than one message, since what is made of them may take many times as much.
BLOCK_BYTES = 16 * 1024 * 1024

Bulk = Callable[[Payloads, Payloads], Decoded]
Rows = Callable[[Sequence[bytes | None], Sequence[bytes | None]], Decoded]


def in_blocks(sizes: Ints, schema: pa.Schema, decode: Callable[[int, int], Decoded]) -> Decoded:
    """What ``decode`` makes of messages of these ``sizes``, given the first of a block and the one behind its last."""
    blocks = [(first, decode(first, past)) for first, past in _blocks(sizes)]
    return concatenated(blocks, schema)


def decode_blocks(contract: Contract, values: Payloads, keys: Payloads, bulk: Bulk, rows: Rows) -> Decoded:
    """The messages as columns of ``contract``.

    ``bulk`` leaves out what it does not take, and rejects nothing; ``rows`` is given that, and is the judge of it.
    """

    def block(first: int, past: int) -> Decoded:
        own, own_keys = values.slice(first, past), keys.slice(first, past)
        return with_left(
            bulk(own, own_keys), len(own), lambda left: rows(own.take(left).list(), own_keys.take(left).list())
        )

    return in_blocks(np.diff(values.bounds), decoded_schema(contract), block)


def with_left(bulk: Decoded, count: int, rows: Callable[[Ints], Decoded]) -> Decoded:
    """``bulk`` of ``count`` messages, and what ``rows`` makes of those that it left out, by their positions."""
    if len(bulk.positions) == count:
        return bulk
    left = np.setdiff1d(np.arange(count), bulk.positions, assume_unique=True)
    return merged([(np.arange(count), bulk), (left, rows(left))])


def _blocks(sizes: Ints) -> Iterator[tuple[int, int]]:
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    first = 0
    while first < len(sizes):
        within = int(np.searchsorted(before, before[first] + BLOCK_BYTES, side="right")) - 1
        past = min(max(within, first + 1), first + BLOCK, len(sizes))
        yield first, past
        first = past
