"""The decoder of JSON: what keeps to the contract in bulk, everything else message by message."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from contracts import Contract
from sinks.decoding.columns import decoded_schema
from sinks.decoding.decoder import Decoded, Rejected, concatenated
from sinks.decoding.json_bulk import BulkDecoder
from sinks.decoding.json_rows import decode_rows
from sinks.payloads import Payloads

# Its bytes stay in the processor's cache from reading to copying.
BLOCK = 8_192


class JsonDecoder:
    """One JSON object a message, UTF-8. A message's fate does not depend on the batch it came in."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._bulk = BulkDecoder(contract)

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""
        starts = range(0, len(values), BLOCK)
        blocks = [
            (start, self._block(values.slice(start, start + BLOCK), keys.slice(start, start + BLOCK)))
            for start in starts
        ]
        return concatenated(blocks, decoded_schema(self._contract))

    def _block(self, values: Payloads, keys: Payloads) -> Decoded:
        bulk = self._bulk.decode(values, keys)
        if len(bulk.positions) == len(values):
            return bulk
        left = np.setdiff1d(np.arange(len(values)), bulk.positions, assume_unique=True)
        rows = decode_rows(self._contract, values.take(left).list(), keys.take(left).list())
        positions = np.concatenate([bulk.positions, left[rows.positions]])
        order = np.argsort(positions)
        return Decoded(
            pa.concat_tables([bulk.table, rows.table]).take(pa.array(order)),
            positions[order],
            [Rejected(int(left[each.position]), each.reason, each.detail) for each in rows.rejected],
        )
