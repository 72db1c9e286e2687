"""Protobuf read in one pass over the bytes of a whole block, compiled: what each field holds in each message.

``scan`` accepts a message only when every byte of it is understood by the plan (``protobuf_plan``) and each value fits
without a doubt. It says so, not why not; what it does not accept is decoded message by message, by Protobuf's own
library, which names the fault. Nothing is read past a message's end but the seven bytes of padding.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sinks.decoding.memory import FIRST, byte, put_word, word
from sinks.decoding.years import FIRST_SECOND, LAST_SECOND

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]
Words = npt.NDArray[np.int64]

# How a field is read. Numbers on the wire become an int64; texts and bytes their bounds, ``start << 32 | end``.
INT64, UINT64, INT32, UINT32, SINT64, SINT32, BOOLEAN = 1, 2, 3, 4, 5, 6, 7
FIXED32, SFIXED32, FLOAT, FIXED64, SFIXED64, DOUBLE = 8, 9, 10, 11, 12, 13
SPAN, LIST, OTHER = 14, 15, 16
# Messages that stand for one value: microseconds, days, the bounds of a text, an unscaled number, a wrapped number.
TIMESTAMP, DATE, TEXT_WITHIN, UNSCALED, NUMBER_WITHIN = 17, 18, 19, 20, 21

_VARINT, _EIGHT, _SIZED, _FOUR = 0, 1, 2, 5
_TENS = np.array([10**power for power in range(19)], np.int64)
_MONTH_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_HIGHS = np.uint64(0x8080808080808080)
_U0, _U1, _U7, _U127 = np.uint64(0), np.uint64(1), np.uint64(7), np.uint64(127)
_MAX_32 = np.uint64(0xFFFFFFFF)
# To a type checker these are numbers of numpy, to the compiler the machine's.
_int64: Any = np.int64


@njit(nogil=True, cache=True)
def scan(
    data: Bytes,
    starts: Numbers,
    ends: Numbers,
    slot_of: Numbers,
    kinds: Bytes,
    inner: Bytes,
    scales: Words,
    oneofs: Numbers,
    values: Words,
    present: Bytes,
    items: Numbers,
) -> tuple[npt.NDArray[np.bool_], int]:
    """Which messages were read, and how many items of lists were found (-1: more than ``items`` has room for).

    Args:
        data, starts, ends: the messages' bytes and where in them each begins and ends.
        slot_of: a field's place in the plan by its number; -1 for a number that the schema does not have.
        kinds, inner, scales, oneofs: by place: how it is read; what a wrapper holds; for an unscaled number the places
            it shall have and, above the lowest 16 bits, the number of the field with the places it has; the group of
            which only the last field counts (-1: none).
        values, present: filled, by place and message. ``present`` must come as zeros.
        items: filled: of each item of a list its place in the plan, message, start and end.
    """
    slots, messages = present.shape
    read = np.zeros(messages, np.bool_)
    base: Any = _int64(data.ctypes.data)
    found = 0
    group_message = np.full(slots + 1, -1, np.int64)
    group_slot = np.full(slots + 1, -1, np.int64)
    for message in range(messages):
        at = base + starts[message]
        end = base + ends[message]
        mark = found
        while at < end:
            tag, at = _short(at, end)
            if at < 0:
                break
            number = _int64(tag >> np.uint64(3))
            wire = _int64(tag & _U7)
            slot = slot_of[number] if number < len(slot_of) else -1
            if slot < 0:
                at = _skipped(at, end, wire) if number else -1
                if at < 0:
                    break
                continue
            kind = kinds[slot]
            group = oneofs[slot]
            if group >= 0:
                if group_message[group] == message and group_slot[group] != slot:
                    at = -1
                    break
                group_message[group], group_slot[group] = message, slot
            if kind < SPAN:
                value, at = _number(at, end, wire, kind)
                if at < 0:
                    break
                values[slot, message] = value
            else:
                if wire != _SIZED:
                    at = -1
                    break
                size, at = _short(at, end)
                if at < 0 or size > np.uint64(end - at):
                    at = -1
                    break
                past = at + _int64(size)
                if kind == SPAN and not present[slot, message]:
                    values[slot, message] = ((at - base) << 32) | (past - base)
                elif kind == LIST:
                    if found >= len(items):
                        return read, -1
                    items[found, 0], items[found, 1] = slot, message
                    items[found, 2], items[found, 3] = at - base, past - base
                    found += 1
                elif kind == OTHER or present[slot, message]:
                    # A message that comes twice is merged, and of a text that does both must be UTF-8: that is left to
                    # Protobuf's own library. Of numbers the last counts.
                    at = -1
                    break
                else:
                    value, fits = _one(at, past, base, kind, inner[slot], scales[slot])
                    if not fits:
                        at = -1
                        break
                    values[slot, message] = value
                at = past
            present[slot, message] = 1
        if at == end:
            read[message] = True
        else:
            present[:, message] = 0
            found = mark
    return read, found


@njit(nogil=True, cache=True)
def total(spans: Words, present: npt.NDArray[np.bool_]) -> int:
    """How many bytes the spans that are present have."""
    size = 0
    for message in range(len(spans)):
        if present[message]:
            size += (spans[message] & 0xFFFFFFFF) - (spans[message] >> 32)
    return size


@njit(nogil=True, cache=True)
def copy(data: Bytes, spans: Words, present: npt.NDArray[np.bool_], offsets: Numbers, text: Bytes) -> bool:
    """The spans' bytes behind one another in ``text``, the i-th ending at ``offsets[i + 1]``; whether all are ASCII.

    ``text`` must have ``payloads.PADDING`` bytes more than the spans.
    """
    base: Any = _int64(data.ctypes.data)
    begin: Any = _int64(text.ctypes.data)
    to = begin
    marked = _U0
    offsets[0] = 0
    for message in range(len(spans)):
        if present[message]:
            at = base + (spans[message] >> 32)
            left = (spans[message] & 0xFFFFFFFF) - (spans[message] >> 32)
            past = to + left
            while left >= 8:
                eight = word(at)
                marked |= eight
                put_word(to, eight)
                at, to, left = at + 8, to + 8, left - 8
            if left:
                eight = word(at)
                marked |= eight & FIRST[left]
                put_word(to, eight)
            to = past
        offsets[message + 1] = to - begin
    return bool((marked & _HIGHS) == _U0)


@njit(nogil=True, cache=True)
def unframe(data: Bytes, bounds: Numbers, frame: int, indexes: Words, starts: Numbers) -> None:
    """Reads the message indexes that stand behind the first ``frame`` bytes, and where the message itself begins.

    ``indexes`` gets the bytes of the message indexes as a number, the first being the lowest; -1 says that they are
    broken, or more than seven.
    """
    base: Any = _int64(data.ctypes.data)
    for message in range(len(indexes)):
        first = base + bounds[message] + frame
        end = base + bounds[message + 1]
        past = _past_indexes(first, end)
        if past < 0 or past - first > 7:
            indexes[message], starts[message] = -1, bounds[message + 1]
        else:
            indexes[message], starts[message] = _int64(word(first) & FIRST[past - first]), past - base


@njit(nogil=True, cache=True)
def _past_indexes(at: int, end: int) -> int:
    count, at = _varint(at, end)
    # Zigzag: an even number is twice what it stands for.
    if at < 0 or count & _U1 or count > np.uint64(14):
        return -1
    for _ in range(_int64(count >> _U1)):
        _, at = _varint(at, end)
        if at < 0:
            return -1
    return at


@njit(nogil=True, cache=True)
def _varint(at: int, end: int) -> tuple[Any, int]:
    """The number at ``at`` and where reading goes on; that is -1 if there is none of at most 64 bits."""
    if at < end and byte(at) < 128:
        return np.uint64(byte(at)), at + 1
    value = _U0
    for step in range(10):
        if at >= end:
            return value, -1
        seven = np.uint64(byte(at))
        at += 1
        value |= (seven & _U127) << np.uint64(7 * step)
        if seven <= _U127:
            return value, -1 if step == 9 and seven > _U1 else at
    return value, -1


@njit(nogil=True, cache=True)
def _short(at: int, end: int) -> tuple[Any, int]:
    """As ``_varint``, of at most five bytes and 32 bits: a tag or a size."""
    value, past = _varint(at, end)
    return value, -1 if past - at > 5 or value > _MAX_32 else past


@njit(nogil=True, cache=True)
def _skipped(at: int, end: int, wire: int) -> int:
    """Past a value of that wire type; -1 if it is cut off, or a group."""
    if wire == _VARINT:
        return _varint(at, end)[1]
    if wire == _SIZED:
        size, at = _short(at, end)
        return -1 if at < 0 or size > np.uint64(end - at) else at + _int64(size)
    if wire == _EIGHT:
        return at + 8 if at + 8 <= end else -1
    return at + 4 if wire == _FOUR and at + 4 <= end else -1


@njit(nogil=True, cache=True)
def _number(at: int, end: int, wire: int, kind: int) -> tuple[int, int]:
    """A number's value and where reading goes on; that is -1 if it has another wire type or more bits than its type."""
    if kind >= FIXED64:
        if wire != _EIGHT or at + 8 > end:
            return 0, -1
        eight = _int64(word(at))
        return eight, -1 if kind == FIXED64 and eight < 0 else at + 8
    if kind >= FIXED32:
        if wire != _FOUR or at + 4 > end:
            return 0, -1
        four = _int64(word(at) & _MAX_32)
        return _int64(np.int32(four)) if kind == SFIXED32 else four, at + 4
    if wire != _VARINT:
        return 0, -1
    raw, at = _varint(at, end)
    value = _int64(raw)
    if kind == BOOLEAN:
        return _int64(raw != _U0), at
    if kind == INT32:
        return value, at if -2147483648 <= value <= 2147483647 else -1
    if kind == UINT64:
        return value, at if value >= 0 else -1
    if kind == UINT32:
        return value, at if raw <= _MAX_32 else -1
    if kind in (SINT64, SINT32):
        unfolded = _int64(raw >> _U1) ^ -_int64(raw & _U1)
        return unfolded, -1 if kind == SINT32 and raw > _MAX_32 else at
    return value, at


@njit(nogil=True, cache=True)
def _one(at: int, end: int, base: int, kind: int, inner: int, scale: int) -> tuple[int, bool]:
    """The value that a whole message stands for, and whether it does so without a doubt."""
    if kind == TIMESTAMP:
        return _timestamp(at, end)
    if kind == DATE:
        return _date(at, end)
    if kind == UNSCALED:
        return _unscaled(at, end, scale)
    value: Any = _int64((at - base) << 32 | (at - base)) if kind == TEXT_WITHIN else _int64(0)
    while at < end:
        tag, at = _short(at, end)
        if at < 0 or tag >> np.uint64(3) != _U1:
            return 0, False
        wire = _int64(tag & _U7)
        if kind == TEXT_WITHIN:
            if value & 0xFFFFFFFF != at - 1 - base or value >> 32 != at - 1 - base:
                return 0, False
            size, at = _short(at, end)
            if wire != _SIZED or at < 0 or size > np.uint64(end - at):
                return 0, False
            value = ((at - base) << 32) | (at + _int64(size) - base)
            at += _int64(size)
        else:
            value, at = _number(at, end, wire, inner)
            if at < 0:
                return 0, False
    return value, True


@njit(nogil=True, cache=True)
def _timestamp(at: int, end: int) -> tuple[int, bool]:
    seconds, nanos = _int64(0), _int64(0)
    while at < end:
        tag, at = _short(at, end)
        if at < 0 or (tag != np.uint64(8) and tag != np.uint64(16)):
            return 0, False
        value, at = _number(at, end, _VARINT, INT64)
        if at < 0:
            return 0, False
        if tag == np.uint64(8):
            seconds = value
        else:
            nanos = value
    if not (FIRST_SECOND <= seconds <= LAST_SECOND and 0 <= nanos < 1_000_000_000 and nanos % 1000 == 0):
        return 0, False
    return seconds * 1_000_000 + nanos // 1000, True


@njit(nogil=True, cache=True)
def _date(at: int, end: int) -> tuple[int, bool]:
    year, month, day = _int64(0), _int64(0), _int64(0)
    while at < end:
        tag, at = _short(at, end)
        if at < 0 or (tag != np.uint64(8) and tag != np.uint64(16) and tag != np.uint64(24)):
            return 0, False
        value, at = _number(at, end, _VARINT, INT32)
        if at < 0:
            return 0, False
        if tag == np.uint64(8):
            year = value
        elif tag == np.uint64(16):
            month = value
        else:
            day = value
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]):
        return 0, False
    if month == 2 and day == 29 and (year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)):
        return 0, False
    # Years that begin in March put the leap day last; the era begins on 1 March of the year 0.
    counted = year - 1 if month <= 2 else year
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return counted * 365 + counted // 4 - counted // 100 + counted // 400 + of_year - 719_468, True


@njit(nogil=True, cache=True)
def _unscaled(at: int, end: int, scale: int) -> tuple[int, bool]:
    """An unscaled number of at most eight bytes, brought to ``scale & 0xFFFF`` places where it loses nothing by it."""
    of_places = np.uint64(scale >> 16)
    number, places, known = _int64(0), _int64(0), False
    while at < end:
        tag, at = _short(at, end)
        if at < 0:
            return 0, False
        if tag == np.uint64(10):
            size, at = _short(at, end)
            if at < 0 or size > np.uint64(end - at) or size > np.uint64(8) or size == _U0:
                return 0, False
            known = True
            number = _int64(-1) if byte(at) >= 128 else _int64(0)
            for step in range(_int64(size)):
                number = number << 8 | _int64(byte(at + step))
            at += _int64(size)
        else:
            value, at = _number(at, end, _int64(tag & _U7), INT32)
            if at < 0:
                return 0, False
            if tag >> np.uint64(3) == of_places:
                places = value
            elif tag != np.uint64(16):
                return 0, False
    more = (scale & 0xFFFF) - places
    if not known or not -18 <= more <= 18 or number == _int64(-9223372036854775808):
        return 0, False
    if more >= 0:
        return number * _TENS[more], abs(number) <= 9223372036854775807 // _TENS[more]
    return number // _TENS[-more], number % _TENS[-more] == 0
