"""The decoder of JSON: whole batches where they are clean, message by message around what is not."""

from __future__ import annotations

from collections.abc import Sequence

from contracts import Contract
from sinks.columns import decoded_schema
from sinks.decoder import Decoded, concatenated
from sinks.json_bulk import BulkDecoder
from sinks.json_rows import decode_rows

# A bad message costs the slow decoding of this many, a refused chunk costs one fast attempt.
CHUNK = 2_000


class JsonDecoder:
    """One JSON object a message, UTF-8. A message's fate does not depend on the batch it came in."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._bulk = BulkDecoder(contract)

    def decode(self, values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> Decoded:
        """See ``decoder.Decoder``."""
        whole = self._bulk.decode(values, keys)
        if whole is not None:
            return whole
        parts = []
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK], keys[start : start + CHUNK]
            parts.append((start, self._bulk.decode(*chunk) or decode_rows(self._contract, *chunk)))
        return concatenated(parts, decoded_schema(self._contract))
