"""Keys as Debezium writes them, ``{"party_id": "P1"}`` with a schema or without, as the plain key that they hold."""

from __future__ import annotations

import numpy as np

from contracts import Contract
from sinks.decoding import debezium_scan, json_scan, json_text, json_values
from sinks.decoding.columns import Unfit
from sinks.decoding.decoder import Decoded, Decoder
from sinks.payloads import PADDING, Payloads

_TAKES = np.array([json_values.STRING | json_values.ESCAPED | json_values.NUMBER], np.uint8)
_REQUIRED = np.array([True])


class PlainKeys:
    """Gives ``decoder`` plain keys, so that the key of a change, a deletion and a tombstone is the same."""

    def __init__(self, contract: Contract, decoder: Decoder) -> None:
        self._name = contract.key
        self._names = Payloads.of([contract.key.encode()])
        self._decoder = decoder

    def decode(self, values: Payloads, keys: Payloads) -> Decoded:
        """See ``decoder.Decoder``."""
        return self._decoder.decode(values, self.plain(keys))

    def plain(self, keys: Payloads) -> Payloads:
        """The plain keys; one that is no JSON object with the contract's key, or a single field, stays as it is."""
        found = np.empty((len(keys), 2), np.int32)
        debezium_scan.unwrap(keys.data, keys.bounds[:-1], keys.bounds[1:], found)
        froms, pasts = np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])
        starts, ends = np.empty((2, 1, len(keys)), np.int32)
        kinds = np.zeros((1, len(keys)), np.uint8)
        names = self._names
        read = json_scan.scan(keys.data, froms, pasts, names.data, names.bounds, _TAKES, _REQUIRED, starts, ends, kinds)
        if not read.all():
            return self._one_by_one(keys)
        bounds = np.empty(len(keys) + 1, np.int32)
        text = np.empty(int((ends - starts).sum()) + PADDING, np.uint8)
        json_scan.copy(keys.data, starts[0], ends[0], kinds[0], bounds, text)
        text[bounds[-1] :] = 0
        return Payloads(text, bounds, keys.present)

    def _one_by_one(self, keys: Payloads) -> Payloads:
        return Payloads.of([None if key is None else plain_key(key, self._name) for key in keys.list()])


def plain_key(key: bytes, name: str) -> bytes:
    """The plain key in ``key``, in which the contract's key has that name."""
    try:
        held = json_text.read(key.decode())
    except (Unfit, UnicodeDecodeError):
        return key
    if isinstance(held, dict) and "payload" in held and held.keys() <= {"schema", "payload"}:
        held = held["payload"]
    if not isinstance(held, dict) or not (name in held or len(held) == 1):
        return key
    found = held[name] if name in held else next(iter(held.values()))
    if not isinstance(found, str):
        return key
    try:
        return found.encode()
    except UnicodeEncodeError:
        return key
