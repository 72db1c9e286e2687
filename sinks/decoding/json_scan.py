"""JSON read in one pass over the bytes of a whole batch, compiled: where each field's value stands in each message.

``scan`` accepts a message only when it is strict JSON (RFC 8259), one object, whose members are fields of the contract,
each at most once, each of a kind the field takes, and none of the required ones missing. It says so, not why not; what
it does not accept is decoded message by message, which names the fault.

Compiled code stays beside this file from run to run (or in the user's cache, where this folder may not be written).
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sinks.decoding.json_values import (
    BACKSLASH,
    CLOSE,
    COLON,
    COMMA,
    ESCAPED,
    OPEN,
    QUOTE,
    SMALL_U,
    hexadecimal,
    is_at,
    past_space,
    plain,
    value_at,
)
from sinks.decoding.memory import byte, put_byte, put_word, word

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]


@njit(nogil=True, cache=True)
def scan(
    data: Bytes,
    froms: Numbers,
    pasts: Numbers,
    names: Bytes,
    name_bounds: Numbers,
    takes: Bytes,
    required: npt.NDArray[np.bool_],
    starts: Numbers,
    ends: Numbers,
    kinds: Bytes,
) -> npt.NDArray[np.bool_]:
    """Which messages were read; where each value is.

    Args:
        data, froms, pasts: the messages' bytes, and where in them each begins and ends.
        names, name_bounds: the fields' names, laid out as in ``payloads.Payloads``.
        takes: the kinds each field takes, as a mask.
        required: which fields must be there.
        starts, ends, kinds: filled, by field and message; strings without their quotes. ``kinds`` must come as zeros.
    """
    fields, messages = kinds.shape
    read = np.zeros(messages, np.bool_)
    # Which field came behind which in the message before; most producers keep one order.
    follows = np.zeros(fields + 1, np.int64)
    last = np.full(fields, -1, np.int64)
    needed = required.sum()
    base: Any = np.int64(data.ctypes.data)
    names_at: Any = np.int64(names.ctypes.data)
    for message in range(messages):
        end = base + pasts[message]
        at = past_space(base + froms[message], end)
        if at >= end or byte(at) != OPEN:
            continue
        at = past_space(at + 1, end)
        met, before, whole = 0, 0, False
        while at < end and byte(at) == QUOTE:
            field = _field(at + 1, end, names_at, name_bounds, follows[before])
            if field < 0 or last[field] == message:
                break
            last[field] = message
            follows[before] = field
            before = field + 1
            at = past_space(at + 2 + name_bounds[field + 1] - name_bounds[field], end)
            if at >= end or byte(at) != COLON:
                break
            at = past_space(at + 1, end)
            start, stop, kind, at = value_at(at, end)
            if at < 0 or kind & ~takes[field]:
                break
            starts[field, message], ends[field, message], kinds[field, message] = start - base, stop - base, kind
            met += required[field] and kind != 0
            at = past_space(at, end)
            if at >= end:
                break
            if byte(at) == CLOSE:
                whole = past_space(at + 1, end) == end
                break
            if byte(at) != COMMA:
                break
            at = past_space(at + 1, end)
        if whole and met == needed:
            read[message] = True
        else:
            kinds[:, message] = 0
    return read


@njit(nogil=True, cache=True)
def copy(data: Bytes, starts: Numbers, ends: Numbers, kinds: Bytes, offsets: Numbers, text: Bytes) -> None:
    """One field's values behind one another in ``text``, as UTF-8 without escapes; value i ends at ``offsets[i + 1]``.

    ``text`` must be as long as the values are in ``data`` and ``payloads.PADDING`` more: an escape is never shorter
    than what it stands for.
    """
    base: Any = np.int64(data.ctypes.data)
    begin: Any = np.int64(text.ctypes.data)
    to = begin
    offsets[0] = 0
    for message in range(len(kinds)):
        if kinds[message] == ESCAPED:
            to = _unescape(base + starts[message], base + ends[message], to)
        elif kinds[message]:
            at, end = base + starts[message], base + ends[message]
            past = to + end - at
            while at < end:
                put_word(to, word(at))
                at, to = at + 8, to + 8
            to = past
        offsets[message + 1] = to - begin


@njit(nogil=True, cache=True)
def _field(at: int, end: int, names: int, name_bounds: Numbers, likely: int) -> int:
    """The field whose name stands at ``at``, up to its closing quote; -1 if there is none. A name is plain ASCII."""
    for step in range(len(name_bounds)):
        field = likely if step == 0 else step - 1
        first: Any = np.int64(name_bounds[field])
        size = name_bounds[field + 1] - first
        if at + size < end and byte(at + size) == QUOTE and is_at(at, names + first, size):
            return field
    return -1


@njit(nogil=True, cache=True)
def _unescape(at: int, end: int, to: int) -> int:
    """Write a string that ``scan`` accepted; returns where it ends in ``text``."""
    while at < end:
        if byte(at) != BACKSLASH:
            put_byte(to, byte(at))
            at, to = at + 1, to + 1
        elif byte(at + 1) != SMALL_U:
            put_byte(to, plain(byte(at + 1)))
            at, to = at + 2, to + 1
        else:
            code = hexadecimal(at + 2, end)
            at += 6
            if 0xD800 <= code <= 0xDBFF:
                code = 0x10000 + ((code - 0xD800) << 10) + hexadecimal(at + 2, end) - 0xDC00
                at += 6
            to = _encode(code, to)
    return to


@njit(nogil=True, cache=True)
def _encode(code: int, to: int) -> int:
    """Write a code point as UTF-8."""
    if code < 0x80:
        put_byte(to, code)
        return to + 1
    if code < 0x800:
        put_byte(to, 0xC0 | (code >> 6))
        put_byte(to + 1, 0x80 | (code & 0x3F))
        return to + 2
    if code < 0x10000:
        put_byte(to, 0xE0 | (code >> 12))
        put_byte(to + 1, 0x80 | ((code >> 6) & 0x3F))
        put_byte(to + 2, 0x80 | (code & 0x3F))
        return to + 3
    put_byte(to, 0xF0 | (code >> 18))
    put_byte(to + 1, 0x80 | ((code >> 12) & 0x3F))
    put_byte(to + 2, 0x80 | ((code >> 6) & 0x3F))
    put_byte(to + 3, 0x80 | (code & 0x3F))
    return to + 4
