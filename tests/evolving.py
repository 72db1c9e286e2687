"""A decoder whose messages bring columns along that the contract lacks."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa

from contracts import Contract
from sinks.decoding.decoder import Decoded
from sinks.decoding.json_decoder import JsonDecoder
from sinks.payloads import Payloads


class Evolving:
    """Decodes JSON, and makes columns of those unknown fields that its ``kinds`` names by then."""

    def __init__(self, kinds: dict[str, pa.DataType] | None = None) -> None:
        self.kinds = kinds or {}

    def decoder(self, contract: Contract) -> Any:
        outer, real = self, JsonDecoder(contract)

        class Decoder:
            def decode(self, values: Payloads, keys: Payloads) -> Decoded:
                decoded = real.decode(values, keys)
                extra = [json.loads(each or "{}") for each in decoded.table["_extra"].to_pylist()]
                table = decoded.table
                for name, kind in outer.kinds.items():
                    found = [None if name not in each else _value(each[name], kind) for each in extra]
                    table = table.append_column(name, pa.array(found, kind))
                return Decoded(table, decoded.positions, decoded.rejected)

        return Decoder()


def _value(value: Any, kind: pa.DataType) -> Any:
    return Decimal(str(value)) if pa.types.is_decimal(kind) else value
