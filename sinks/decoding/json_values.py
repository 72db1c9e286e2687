"""JSON's values (RFC 8259), one at a time, compiled: whether one stands at an address, of what kind, where it ends."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit

from sinks.decoding.memory import FIRST, byte, word, zeros_below

# What a value is; 0 for one that is null or absent. A field's mask says which it takes.
STRING, ESCAPED, NUMBER, BOOLEAN, LIST = 1, 2, 4, 8, 16

QUOTE, BACKSLASH, COMMA, COLON, SMALL_U = 0x22, 0x5C, 0x2C, 0x3A, 0x75
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = 0x7B, 0x7D, 0x5B, 0x5D
_SPACE, _MINUS, _PLUS, _POINT, _ZERO, _NINE, _BIG_E, _SMALL_E = 0x20, 0x2D, 0x2B, 0x2E, 0x30, 0x39, 0x45, 0x65
_TRUE, _FALSE, _NULL = (np.uint64(int.from_bytes(each, "little")) for each in (b"true", b"false", b"null"))
# The same byte eight times.
_ONES, _HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES, _SPACES = (np.uint64(each * 0x0101010101010101) for each in (QUOTE, BACKSLASH, _SPACE))


@njit(nogil=True, cache=True, inline="always")
def past_space(at: int, end: int) -> int:
    """Past the white space at ``at``."""
    while at < end and (byte(at) == _SPACE or 0x09 <= byte(at) <= 0x0A or byte(at) == 0x0D):
        at += 1
    return at


@njit(nogil=True, cache=True, inline="always")
def is_at(at: int, name: int, size: int) -> bool:
    """Whether the ``size`` bytes at both addresses are the same."""
    while size > 0:
        kept = FIRST[min(size, 8)]
        if (word(at) ^ word(name)) & kept:
            return False
        at, name, size = at + 8, name + 8, size - 8
    return True


@njit(nogil=True, cache=True)
def value_at(at: int, end: int) -> tuple[int, int, int, int]:
    """Start, end and kind of the value at ``at``, and where reading goes on; the last is -1 if there is no value."""
    if at >= end:
        return 0, 0, 0, -1
    first = byte(at)
    if first == QUOTE:
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
            if byte(at) == QUOTE:
                return start, at, kind, at + 1
            if byte(at) != BACKSLASH:
                return 0, 0, 0, -1
            kind = ESCAPED
            at = _past_escape(at, end)
            if at < 0 or at >= end:
                return 0, 0, 0, -1
    if first == _MINUS or _ZERO <= first <= _NINE:
        past = _past_number(at, end)
        return at, past, NUMBER, past
    if first == OPEN_LIST:
        past = _past_list(at, end)
        return at, past, LIST, past
    eight = word(at)
    if at + 4 <= end and eight & FIRST[4] == _NULL:
        return at, at + 4, 0, at + 4
    if at + 4 <= end and eight & FIRST[4] == _TRUE:
        return at, at + 4, BOOLEAN, at + 4
    if at + 5 <= end and eight & FIRST[5] == _FALSE:
        return at, at + 5, BOOLEAN, at + 5
    return 0, 0, 0, -1


@njit(nogil=True, cache=True)
def _past_escape(at: int, end: int) -> int:
    """Past the escape at ``at``, a surrogate pair being one; -1 if it is none, or half a pair."""
    if at + 1 >= end:
        return -1
    if byte(at + 1) != SMALL_U:
        return at + 2 if plain(byte(at + 1)) else -1
    code = hexadecimal(at + 2, end)
    if code < 0 or 0xDC00 <= code <= 0xDFFF:
        return -1
    if not 0xD800 <= code <= 0xDBFF:
        return at + 6
    if at + 8 > end or byte(at + 6) != BACKSLASH or byte(at + 7) != SMALL_U:
        return -1
    return at + 12 if 0xDC00 <= hexadecimal(at + 8, end) <= 0xDFFF else -1


@njit(nogil=True, cache=True)
def plain(letter: int) -> int:
    """The byte that an escape of one letter stands for; 0 if there is none."""
    if letter in (QUOTE, BACKSLASH, 0x2F):
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
def hexadecimal(at: int, end: int) -> int:
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
            if found == BACKSLASH:
                at += 1
            elif found == QUOTE:
                quoted = False
        elif found == QUOTE:
            quoted = True
        elif found in (OPEN_LIST, OPEN):
            depth += 1
        elif found in (CLOSE_LIST, CLOSE):
            depth -= 1
            if depth == 0:
                return at
    return -1
