"""Arrow arrays made of what compiled code found: texts where they stand, and buffers as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from sinks.decoding import json_scan
from sinks.payloads import PADDING


def texts_of(data: Any, starts: Any, ends: Any, kinds: Any) -> pa.Array:
    """A field's values as strings, null where there is none; ``kinds`` are those of ``json_values``."""
    present = kinds != 0
    offsets = np.empty(len(kinds) + 1, np.int32)
    text = np.empty(int((ends - starts)[present].sum()) + PADDING, np.uint8)
    json_scan.copy(data, starts, ends, kinds, offsets, text)
    return array_of(pa.string(), present, offsets, text)


def array_of(kind: pa.DataType, present: Any, *buffers: Any) -> pa.Array:
    """An array made of its buffers, null where not ``present``."""
    validity = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(present), [validity, *map(pa.py_buffer, buffers)])


def are_utf8(raw: pa.Array) -> Any:
    """Which of the values are UTF-8, or null."""
    try:
        raw.cast(pa.string())
        return np.ones(len(raw), np.bool_)
    except pa.ArrowInvalid:
        return np.array([_is_utf8(each) for each in raw.to_pylist()], np.bool_)


def _is_utf8(value: bytes | None) -> bool:
    try:
        return value is None or bool(value.decode() or True)
    except UnicodeDecodeError:
        return False
