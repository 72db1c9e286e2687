"""The decoder of JSON."""

from __future__ import annotations

from functools import partial

from contracts import Contract
from sinks.decoding.blocks import decode_blocks
from sinks.decoding.decoder import Decoded
from sinks.decoding.json_bulk import BulkDecoder
from sinks.decoding.json_rows import decode_rows
from sinks.payloads import Payloads


class JsonDecoder:
    """One JSON object a message, UTF-8. A message's fate does not depend on the batch it came in."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._bulk = BulkDecoder(contract)

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""
        rows = partial(decode_rows, self._contract)
        return decode_blocks(self._contract, values, keys, self._bulk.decode, rows)
