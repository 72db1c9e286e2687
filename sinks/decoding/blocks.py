"""A batch decoded block by block: what keeps to the contract in bulk, everything else message by message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding.columns import decoded_schema
from sinks.decoding.decoder import Decoded, Rejected, concatenated
from sinks.payloads import Payloads

# Its bytes stay in the processor's cache from reading to copying.
BLOCK = 8_192

Bulk = Callable[[Payloads, Payloads], Decoded]
Rows = Callable[[Sequence[bytes | None], Sequence[bytes | None]], Decoded]


def decode_blocks(contract: Contract, values: Payloads, keys: Payloads, bulk: Bulk, rows: Rows) -> Decoded:
    """The messages as columns of ``contract``.

    ``bulk`` leaves out what it does not take, and rejects nothing; ``rows`` is given that, and is the judge of it.
    """
    starts = range(0, len(values), BLOCK)
    blocks = [
        (start, _block(values.slice(start, start + BLOCK), keys.slice(start, start + BLOCK), bulk, rows))
        for start in starts
    ]
    return concatenated(blocks, decoded_schema(contract))


def _block(values: Payloads, keys: Payloads, bulk: Bulk, rows: Rows) -> Decoded:
    fast = bulk(values, keys)
    if len(fast.positions) == len(values):
        return fast
    left = np.setdiff1d(np.arange(len(values)), fast.positions, assume_unique=True)
    slow = rows(values.take(left).list(), keys.take(left).list())
    positions = np.concatenate([fast.positions, left[slow.positions]])
    order = np.argsort(positions)
    return Decoded(
        pa.concat_tables([fast.table, slow.table]).take(pa.array(order)),
        positions[order],
        [Rejected(int(left[each.position]), each.reason, each.detail) for each in slow.rejected],
    )
