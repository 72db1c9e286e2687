"""Debezium's envelope in JSON, read in one pass over a block of messages, compiled: where the row after the change is.

``envelopes`` reads strictly (RFC 8259) all that stands around the row, and leaves the row itself to ``json_scan``. What
it does not take is read message by message.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sinks.decoding.json_values import (
    CLOSE,
    CLOSE_LIST,
    COLON,
    COMMA,
    OPEN,
    OPEN_LIST,
    QUOTE,
    STRING,
    is_at,
    past_space,
    value_at,
)
from sinks.decoding.memory import FIRST, byte, word

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]

# What became of a message: left to be read alone; without a schema, with the one given, or with another one.
LEFT, PLAIN, KNOWN, OTHER = 0, 1, 2, 3

_SCHEMA, _PAYLOAD, _AFTER, _OPERATION = (
    np.uint64(int.from_bytes(name[:8].ljust(8, b"\0"), "little"))
    for name in (b'schema"', b'payload"', b'after"', b'op"')
)
_CREATE, _UPDATE, _READ = (np.uint64(int.from_bytes(name, "little")) for name in (b'"c"', b'"u"', b'"r"'))
_DEEPEST = 60


@njit(nogil=True, cache=True)
def envelopes(
    data: Bytes, froms: Numbers, pasts: Numbers, known: Bytes, size: int, rows: Numbers, schemas: Numbers, kinds: Bytes
) -> None:
    """Finds the row of each change that made or read one (``op`` is c, u or r).

    Args:
        data, froms, pasts: the messages' bytes and where in them each begins and ends.
        known, size: the text of a schema that was read before, with ``payloads.PADDING`` behind it.
        rows: filled: where the row begins and ends, its braces included.
        schemas: filled for those that are ``OTHER``: where the schema begins and ends.
        kinds: filled: ``LEFT``, ``PLAIN``, ``KNOWN`` or ``OTHER``.
    """
    base: Any = np.int64(data.ctypes.data)
    known_at: Any = np.int64(known.ctypes.data)
    for message in range(len(froms)):
        kinds[message] = LEFT
        end = base + pasts[message]
        begin = at = past_space(base + froms[message], end)
        if at >= end or byte(at) != OPEN:
            continue
        at = past_space(at + 1, end)
        if at >= end or not (_named(at, _SCHEMA, 7) or _named(at, _PAYLOAD, 8)):
            past, row, row_past = _change(begin, end)
            if past >= 0 and past_space(past, end) == end:
                kinds[message] = PLAIN
                rows[message, 0], rows[message, 1] = row - base, row_past - base
            continue
        kind, row, row_past, seen_schema, whole = PLAIN, 0, 0, False, False
        while at < end:
            is_schema = _named(at, _SCHEMA, 7)
            if not (not seen_schema if is_schema else _named(at, _PAYLOAD, 8) and not row):
                break
            at = _past_name(at, end)
            if at < 0 or at >= end:
                break
            if not is_schema:
                at, row, row_past = _change(at, end)
            elif 0 < size <= end - at and is_at(at, known_at, size):
                seen_schema, kind, at = True, KNOWN, at + size
            else:
                schemas[message, 0] = at - base
                seen_schema, kind, at = True, OTHER, _past_any(at, end)
                schemas[message, 1] = at - base
            if at < 0:
                break
            at = past_space(at, end)
            if at < end and byte(at) == COMMA:
                at = past_space(at + 1, end)
                continue
            whole = at < end and byte(at) == CLOSE and past_space(at + 1, end) == end
            break
        if whole and row:
            kinds[message] = kind
            rows[message, 0], rows[message, 1] = row - base, row_past - base


@njit(nogil=True, cache=True)
def unwrap(data: Bytes, froms: Numbers, pasts: Numbers, found: Numbers) -> None:
    """Of objects with ``schema`` and ``payload`` finds where the payload begins and ends; others stay whole."""
    base: Any = np.int64(data.ctypes.data)
    for message in range(len(froms)):
        found[message, 0], found[message, 1] = froms[message], pasts[message]
        end = base + pasts[message]
        at = past_space(base + froms[message], end)
        if at >= end or byte(at) != OPEN:
            continue
        at = past_space(at + 1, end)
        if at < end and _named(at, _SCHEMA, 7):
            at = _past_name(at, end)
            at = _past_any(at, end) if at >= 0 else at
            at = past_space(at, end) if at >= 0 else end
            if at >= end or byte(at) != COMMA:
                continue
            at = past_space(at + 1, end)
        if at >= end or not _named(at, _PAYLOAD, 8):
            continue
        at = _past_name(at, end)
        past = _past_any(at, end) if at >= 0 else -1
        behind = past_space(past, end) if past >= 0 else end
        if behind < end and byte(behind) == CLOSE and past_space(behind + 1, end) == end:
            found[message, 0], found[message, 1] = at - base, past - base


@njit(nogil=True, cache=True)
def _change(at: int, end: int) -> tuple[int, int, int]:
    """Past the change event at ``at``, and where its row begins and ends; -1 first if it is none that made a row."""
    if at >= end or byte(at) != OPEN:
        return -1, 0, 0
    row, row_past, made = 0, 0, False
    at = past_space(at + 1, end)
    while at < end:
        is_row, is_operation = _named(at, _AFTER, 6), _named(at, _OPERATION, 3)
        if (is_row and row) or (is_operation and made):
            return -1, 0, 0
        at = _past_name(at, end)
        if at < 0 or at >= end:
            return -1, 0, 0
        if is_row:
            if byte(at) != OPEN:
                return -1, 0, 0
            row = at
            row_past = at = _past_any(at, end)
        elif is_operation:
            operation = word(at) & FIRST[3]
            if operation not in (_CREATE, _UPDATE, _READ):
                return -1, 0, 0
            made, at = True, at + 3
        else:
            at = _past_any(at, end)
        if at < 0:
            return -1, 0, 0
        at = past_space(at, end)
        if at < end and byte(at) == COMMA:
            at = past_space(at + 1, end)
            continue
        if at < end and byte(at) == CLOSE and row and made:
            return at + 1, row, row_past
        return -1, 0, 0
    return -1, 0, 0


@njit(nogil=True, cache=True)
def _named(at: int, name: Any, size: int) -> bool:
    """Whether a member of that name begins at ``at``; ``name`` has its closing quote, ``size`` counts that."""
    return bool(byte(at) == QUOTE and (word(at + 1) & FIRST[size]) == name)


@njit(nogil=True, cache=True)
def _past_name(at: int, end: int) -> int:
    """Past a member's name and colon, where its value begins; -1 if that is not what stands there."""
    _, _, kind, at = value_at(at, end)
    if at < 0 or kind != STRING:
        return -1
    at = past_space(at, end)
    return past_space(at + 1, end) if at < end and byte(at) == COLON else -1


@njit(nogil=True, cache=True)
def _past_any(at: int, end: int) -> int:
    """Past the value at ``at``, whatever is in it; -1 if it is no JSON, or nested deeper than is looked at here."""
    # A bit for each level: set for an object, not for a list.
    levels, depth = np.uint64(0), 0
    while True:
        if at >= end:
            return -1
        first = byte(at)
        if first in (OPEN, OPEN_LIST):
            if depth == _DEEPEST:
                return -1
            depth += 1
            levels = levels << np.uint64(1) | np.uint64(first == OPEN)
            at = past_space(at + 1, end)
            if at >= end:
                return -1
            if byte(at) != (CLOSE if first == OPEN else CLOSE_LIST):
                at = _past_name(at, end) if first == OPEN else at
                if at < 0:
                    return -1
                continue
        else:
            at = value_at(at, end)[3]
            if at < 0:
                return -1
            at = past_space(at, end)
        while True:
            # Behind a value, or before the bracket that closes an empty list or object.
            if depth == 0:
                return at
            if at >= end:
                return -1
            in_object = levels & np.uint64(1) == np.uint64(1)
            found = byte(at)
            if found == (CLOSE if in_object else CLOSE_LIST):
                depth -= 1
                levels >>= np.uint64(1)
                at = past_space(at + 1, end) if depth else at + 1
                continue
            if found != COMMA:
                return -1
            at = past_space(at + 1, end)
            if in_object:
                if at >= end:
                    return -1
                at = _past_name(at, end)
                if at < 0:
                    return -1
            break
