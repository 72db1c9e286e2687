"""JSON with a schema in the registry: Confluent's frame, then one JSON object."""

from __future__ import annotations

import numpy as np

from sinks.decoding import json_scan, json_values
from sinks.decoding.decoder import Decoded, Decoder
from sinks.decoding.framed import FRAME
from sinks.payloads import PADDING, Payloads


class JsonSchema:
    """Decodes framed messages of one JSON schema by ``decoder``. That they keep to it is the producer's word."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""
        return self._decoder.decode(unframed(values), keys)


def unframed(values: Payloads) -> Payloads:
    """Framed messages without their frames."""
    count = len(values)
    starts, ends = values.bounds[:-1] + np.int32(FRAME), values.bounds[1:]
    bounds = np.empty(count + 1, np.int32)
    data = np.empty(int(values.bounds[-1] - values.bounds[0]) - FRAME * count + PADDING, np.uint8)
    json_scan.copy(values.data, starts, ends, np.full(count, json_values.STRING, np.uint8), bounds, data)
    data[len(data) - PADDING :] = 0
    return Payloads(data, bounds, values.present)
