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

from sinks.decoding.memory import byte, put_byte, put_word, word, zeros_below

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]

# What a value is; 0 for one that is null or absent. A field's mask says which it takes.
STRING, ESCAPED, NUMBER, BOOLEAN, LIST = 1, 2, 4, 8, 16

_QUOTE, _BACKSLASH, _SPACE, _COMMA, _COLON = 0x22, 0x5C, 0x20, 0x2C, 0x3A
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = 0x7B, 0x7D, 0x5B, 0x5D
_MINUS, _PLUS, _POINT, _ZERO, _NINE, _BIG_E, _SMALL_E, _U = 0x2D, 0x2B, 0x2E, 0x30, 0x39, 0x45, 0x65, 0x75
_TRUE, _FALSE, _NULL = (np.uint64(int.from_bytes(each, "little")) for each in (b"true", b"false", b"null"))
# The same byte eight times.
_ONES, _HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES, _SPACES = (np.uint64(each * 0x0101010101010101) for each in (_QUOTE, _BACKSLASH, _SPACE))
# By how many bytes to keep of a word.
_FIRST = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)


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
        at = _space(base + froms[message], end)
        if at >= end or byte(at) != _OPEN:
            continue
        at = _space(at + 1, end)
        met, before, whole = 0, 0, False
        while at < end and byte(at) == _QUOTE:
            field = _field(at + 1, end, names_at, name_bounds, follows[before])
            if field < 0 or last[field] == message:
                break
            last[field] = message
            follows[before] = field
            before = field + 1
            at = _space(at + 2 + name_bounds[field + 1] - name_bounds[field], end)
            if at >= end or byte(at) != _COLON:
                break
            at = _space(at + 1, end)
            start, stop, kind, at = _value(at, end)
            if at < 0 or kind & ~takes[field]:
                break
            starts[field, message], ends[field, message], kinds[field, message] = start - base, stop - base, kind
            met += required[field] and kind != 0
            at = _space(at, end)
            if at >= end:
                break
            if byte(at) == _CLOSE:
                whole = _space(at + 1, end) == end
                break
            if byte(at) != _COMMA:
                break
            at = _space(at + 1, end)
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


@njit(nogil=True, cache=True, inline="always")
def _space(at: int, end: int) -> int:
    while at < end and (byte(at) == _SPACE or 0x09 <= byte(at) <= 0x0A or byte(at) == 0x0D):
        at += 1
    return at


@njit(nogil=True, cache=True, inline="always")
def _is_at(at: int, name: int, size: int) -> bool:
    while size > 0:
        kept = _FIRST[min(size, 8)]
        if (word(at) ^ word(name)) & kept:
            return False
        at, name, size = at + 8, name + 8, size - 8
    return True


@njit(nogil=True, cache=True)
def _field(at: int, end: int, names: int, name_bounds: Numbers, likely: int) -> int:
    """The field whose name stands at ``at``, up to its closing quote; -1 if there is none. A name is plain ASCII."""
    for step in range(len(name_bounds)):
        field = likely if step == 0 else step - 1
        first: Any = np.int64(name_bounds[field])
        size = name_bounds[field + 1] - first
        if at + size < end and byte(at + size) == _QUOTE and _is_at(at, names + first, size):
            return field
    return -1


@njit(nogil=True, cache=True)
def _value(at: int, end: int) -> tuple[int, int, int, int]:
    """Start, end and kind of the value at ``at``, and where reading goes on; the last is -1 if there is no value."""
    if at >= end:
        return 0, 0, 0, -1
    first = byte(at)
    if first == _QUOTE:
        kind = STRING
        start = at = at + 1
        while True:
            # The lowest byte that is marked is a quote, a backslash or a control character.
            eight = word(at)
            quote, backslash = eight ^ _QUOTES, eight ^ _BACKSLASHES
            marked = ((quote - _ONES & ~quote) | (backslash - _ONES & ~backslash) | (eight - _SPACES & ~eight)) & _HIGHS
            if not marked:
                at += 8
                if at >= end:
                    return 0, 0, 0, -1
                continue
            at += zeros_below(marked) >> 3
            if at >= end:
                return 0, 0, 0, -1
            if byte(at) == _QUOTE:
                return start, at, kind, at + 1
            if byte(at) != _BACKSLASH:
                return 0, 0, 0, -1
            kind = ESCAPED
            at = _past_escape(at, end)
            if at < 0 or at >= end:
                return 0, 0, 0, -1
    if first == _MINUS or _ZERO <= first <= _NINE:
        past = _past_number(at, end)
        return at, past, NUMBER, past
    if first == _OPEN_LIST:
        past = _past_list(at, end)
        return at, past, LIST, past
    eight = word(at)
    if at + 4 <= end and eight & _FIRST[4] == _NULL:
        return at, at + 4, 0, at + 4
    if at + 4 <= end and eight & _FIRST[4] == _TRUE:
        return at, at + 4, BOOLEAN, at + 4
    if at + 5 <= end and eight & _FIRST[5] == _FALSE:
        return at, at + 5, BOOLEAN, at + 5
    return 0, 0, 0, -1


@njit(nogil=True, cache=True)
def _past_escape(at: int, end: int) -> int:
    """Past the escape at ``at``, a surrogate pair being one; -1 if it is none, or half a pair."""
    if at + 1 >= end:
        return -1
    if byte(at + 1) != _U:
        return at + 2 if _plain(byte(at + 1)) else -1
    code = _hex(at + 2, end)
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return -1
    if not 0xD800 <= code <= 0xDBFF:
        return at + 6
    if at + 8 > end or byte(at + 6) != _BACKSLASH or byte(at + 7) != _U:
        return -1
    return at + 12 if 0xDC00 <= _hex(at + 8, end) <= 0xDFFF else -1


@njit(nogil=True, cache=True)
def _plain(letter: int) -> int:
    """The byte that an escape of one letter stands for; 0 if there is none."""
    if letter in (_QUOTE, _BACKSLASH, 0x2F):
        return letter
    if letter == 0x62:
        return 0x08
    if letter == 0x66:
        return 0x0C
    if letter == 0x6E:
        return 0x0A
    if letter == 0x72:
        return 0x0D
    return 0x09 if letter == 0x74 else 0


@njit(nogil=True, cache=True)
def _hex(at: int, end: int) -> int:
    """The number that four hexadecimal digits give; -1 if they are none."""
    if at + 4 > end:
        return -1
    code = 0
    for step in range(4):
        digit = byte(at + step)
        if _ZERO <= digit <= _NINE:
            code = code * 16 + digit - _ZERO
        elif 0x61 <= digit | 0x20 <= 0x66:
            code = code * 16 + (digit | 0x20) - 0x57
        else:
            return -1
    return code


@njit(nogil=True, cache=True)
def _past_number(at: int, end: int) -> int:
    if byte(at) == _MINUS:
        at += 1
    digits = _past_digits(at, end)
    if digits == at or (byte(at) == _ZERO and digits > at + 1):
        return -1
    at = digits
    if at < end and byte(at) == _POINT:
        digits = _past_digits(at + 1, end)
        if digits == at + 1:
            return -1
        at = digits
    if at < end and (byte(at) == _BIG_E or byte(at) == _SMALL_E):
        at += 1
        if at < end and (byte(at) == _PLUS or byte(at) == _MINUS):
            at += 1
        digits = _past_digits(at, end)
        if digits == at:
            return -1
        at = digits
    return at


@njit(nogil=True, cache=True)
def _past_digits(at: int, end: int) -> int:
    while at < end and _ZERO <= byte(at) <= _NINE:
        at += 1
    return at


@njit(nogil=True, cache=True)
def _past_list(at: int, end: int) -> int:
    """Past the bracket that closes the one at ``at``; what is between may still be no JSON."""
    depth, quoted = 0, False
    while at < end:
        found = byte(at)
        at += 1
        if quoted:
            if found == _BACKSLASH:
                at += 1
            elif found == _QUOTE:
                quoted = False
        elif found == _QUOTE:
            quoted = True
        elif found in (_OPEN_LIST, _OPEN):
            depth += 1
        elif found in (_CLOSE_LIST, _CLOSE):
            depth -= 1
            if depth == 0:
                return at
    return -1


@njit(nogil=True, cache=True)
def _unescape(at: int, end: int, to: int) -> int:
    """Write a string that ``scan`` accepted; returns where it ends in ``text``."""
    while at < end:
        if byte(at) != _BACKSLASH:
            put_byte(to, byte(at))
            at, to = at + 1, to + 1
        elif byte(at + 1) != _U:
            put_byte(to, _plain(byte(at + 1)))
            at, to = at + 2, to + 1
        else:
            code = _hex(at + 2, end)
            at += 6
            if 0xD800 <= code <= 0xDBFF:
                code = 0x10000 + ((code - 0xD800) << 10) + _hex(at + 2, end) - 0xDC00
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
