"""Avro read by compiled code, a block of records at once: numbers as they are, and where all else stands.

``read`` accepts a record only when it is whole, fills its bytes exactly, and has no value that its type rules out. What
texts hold is not looked at. It says so, not why not; what it does not accept is decoded message by message, which names
the fault. ``split`` finds the items of lists, which ``read`` then takes as records. Nothing that stands behind a record
decides about it, though up to seven bytes of it may be loaded: that is what ``payloads.PADDING`` is for.

Types come as a table of nodes: ``ops``, and what each op needs in ``firsts`` and ``counts``. A record's or union's
members are ``counts`` entries of ``children`` from ``firsts`` on; the items of an array or map are the node ``firsts``,
and ``counts`` of an array is 1 if such items take no bytes; a fixed has ``firsts`` bytes, an enum ``counts`` symbols.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sinks.decoding.memory import byte, word

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

NULL, BOOLEAN, INT, LONG, FLOAT, DOUBLE, BYTES, FIXED, ENUM, RECORD, ARRAY, MAP, UNION = range(13)
# What is done with a member's value: passed over; a number kept; its place kept; the record left to the row path.
PASS, NUMBER, SPAN, LEAVE = range(4)
# Entries of a member: op, node, which branch of its union is null (-1: it is no union with null), what is done, slot.
ENTRIES = 5
DEPTH = 32
_HIGHEST = 10**38 >> 64


@njit(nogil=True, cache=True)
def read(
    data: Bytes,
    begins: Numbers,
    limits: Numbers,
    members: Longs,
    ops: Longs,
    firsts: Longs,
    counts: Longs,
    children: Longs,
    starts: Numbers,
    ends: Numbers,
    kinds: Bytes,
    numbers: Longs,
) -> npt.NDArray[np.bool_]:
    """Which records were read; what is in them.

    Args:
        data: the bytes; record i lies from ``begins[i]`` to ``limits[i]``.
        members: of the record type, an entry a row.
        ops, firsts, counts, children: the table of types.
        starts, ends, numbers: filled, by slot and record: where the value stands, or the number. Floating point as its
            bits, enums as the symbol's number.
        kinds: filled alike, 1 where there is a value; must come as zeros.
    """
    records = len(begins)
    done = np.zeros(records, np.bool_)
    stack = np.empty((DEPTH, 3), np.int64)
    base: Any = np.int64(data.ctypes.data)
    for record in range(records):
        at, end = base + begins[record], base + limits[record]
        for member in range(len(members)):
            null = members[member, 2]
            if null >= 0:
                branch, at = _long(at, end)
                if at < 0:
                    break
                if branch == null:
                    continue
                if branch != 1 - null:
                    at = np.int64(-1)
                    break
            op, node, deed, slot = members[member, 0], members[member, 1], members[member, 3], members[member, 4]
            if deed == LEAVE:
                at = np.int64(-1)
                break
            number: Any = np.int64(0)
            start: Any = at
            stop: Any = at
            if op == BYTES:
                number, start = _long(at, end)
                if start < 0 or number < 0 or number > end - start:
                    at = np.int64(-1)
                    break
                at = stop = start + number
            elif op in (LONG, INT, ENUM):
                number, at = _long(at, end)
                if at < 0:
                    break
                if op == INT and not -(1 << 31) <= number < (1 << 31):
                    at = np.int64(-1)
                    break
                if op == ENUM and not 0 <= number < counts[node]:
                    at = np.int64(-1)
                    break
            elif op in (DOUBLE, FLOAT):
                size = 8 if op == DOUBLE else 4
                if end - at < size:
                    at = np.int64(-1)
                    break
                number = np.int64(word(at))
                at += size
            elif op == BOOLEAN:
                if at >= end or byte(at) > 1:
                    at = np.int64(-1)
                    break
                number = np.int64(byte(at))
                at += 1
            elif op != NULL:
                at = _skip(at, end, node, ops, firsts, counts, children, stack)
                if at < 0:
                    break
                stop = at
            if deed == NUMBER:
                numbers[slot, record] = number
                kinds[slot, record] = 1
            elif deed == SPAN and op != NULL:
                starts[slot, record] = start - base
                ends[slot, record] = stop - base
                kinds[slot, record] = 1
        if at == end:
            done[record] = True
        else:
            kinds[:, record] = 0
    return done


@njit(nogil=True, cache=True)
def split(
    data: Bytes,
    begins: Numbers,
    limits: Numbers,
    kinds: Bytes,
    node: int,
    ops: Longs,
    firsts: Longs,
    counts: Longs,
    children: Longs,
    offsets: Numbers,
    item_begins: Numbers,
    item_limits: Numbers,
) -> int:
    """Where the items of arrays stand, which ``read`` found from ``begins`` to ``limits`` where ``kinds`` is not 0.

    ``offsets`` is filled: the items of array i are ``offsets[i]`` up to ``offsets[i + 1]``. Returns how many there are;
    their places are filled in only when they have that much room.
    """
    stack = np.empty((DEPTH, 3), np.int64)
    base: Any = np.int64(data.ctypes.data)
    items, room = 0, len(item_begins)
    offsets[0] = 0
    for array in range(len(begins)):
        at, end = base + begins[array], base + limits[array]
        while kinds[array] and at < end:
            count, at = _long(at, end)
            if count < 0:
                count = -count
                _, at = _long(at, end)
            for _ in range(count):
                past = _skip(at, end, node, ops, firsts, counts, children, stack)
                if items < room:
                    item_begins[items], item_limits[items] = at - base, past - base
                items += 1
                at = past
        offsets[array + 1] = items
    return items


@njit(nogil=True, cache=True)
def decimals(data: Bytes, starts: Numbers, ends: Numbers, kinds: Bytes, halves: npt.NDArray[np.uint64]) -> Any:
    """Big-endian two's complement as 128 bits, low half first; which of the values surely have 38 digits at most."""
    base: Any = np.int64(data.ctypes.data)
    fit = np.ones(len(kinds), np.bool_)
    for row in range(len(kinds)):
        low, high = np.uint64(0), np.uint64(0)
        at, end = base + starts[row], base + ends[row]
        if kinds[row] and at < end:
            if byte(at) >= 0x80:
                low = high = np.uint64(0xFFFFFFFFFFFFFFFF)
            fit[row] = end - at <= 16
            while at < end:
                high = (high << np.uint64(8)) | (low >> np.uint64(56))
                low = (low << np.uint64(8)) | np.uint64(byte(at))
                at += 1
            # The next number above is ten to the power of 38; what lies between is looked at by the row path.
            fit[row] &= -_HIGHEST < np.int64(high) < _HIGHEST
        halves[2 * row], halves[2 * row + 1] = low, high
    return fit


@njit(nogil=True, cache=True, inline="always")
def _long(at: int, end: int) -> tuple[int, int]:
    """The number at ``at``, and where reading goes on; the latter is -1 if there is none."""
    raw: Any = np.uint64(0)
    shift: Any = np.uint64(0)
    past: Any = np.int64(-1)
    while at < end:
        each = byte(at)
        at += 1
        if shift == np.uint64(63) and each > 1:
            break
        raw |= np.uint64(each & 0x7F) << shift
        if each < 0x80:
            past = at
            break
        shift += np.uint64(7)
    number: Any = np.int64(raw >> np.uint64(1)) ^ -np.int64(raw & np.uint64(1))
    return number, past


@njit(nogil=True, cache=True)
def _skip(at: int, end: int, node: int, ops: Longs, firsts: Longs, counts: Longs, children: Longs, stack: Longs) -> int:
    """Past the value of type ``node``; -1 if it is none, or nested too deeply.

    A frame of ``stack``: a record, array or map under way; how many of its members or of a block's items are read.
    """
    top = 0
    while True:
        op = ops[node]
        if op == UNION:
            branch, at = _long(at, end)
            if at < 0 or branch < 0 or branch >= counts[node]:
                return -1
            node = children[firsts[node] + branch]
            continue
        if op in (RECORD, ARRAY, MAP):
            if top == DEPTH:
                return -1
            stack[top, 0], stack[top, 1] = node, 0
            top += 1
        else:
            at = _past_plain(at, end, op, firsts[node], counts[node])
            if at < 0:
                return -1
        found = False
        while top and not found:
            under, progress = stack[top - 1, 0], stack[top - 1, 1]
            if ops[under] == RECORD:
                found = progress < counts[under]
                if found:
                    node = children[firsts[under] + progress]
                    stack[top - 1, 1] += 1
                else:
                    top -= 1
                continue
            if progress == 0:
                progress, at = _long(at, end)
                if at >= 0 and progress < 0:
                    progress = -progress
                    _, at = _long(at, end)
                # An item takes a byte at least; arrays of items that never take any are left to the row path.
                if at < 0 or progress < 0 or progress > end - at:
                    return -1
                if progress == 0:
                    top -= 1
                    continue
            if ops[under] == MAP:
                size, at = _long(at, end)
                if at < 0 or size < 0 or size > end - at:
                    return -1
                at += size
            elif counts[under]:
                return -1
            stack[top - 1, 1] = progress - 1
            node = firsts[under]
            found = True
            # A block that is used up and a block not begun both have 0 left; both go on with a count.
        if not found:
            return at


@njit(nogil=True, cache=True)
def _past_plain(at: int, end: int, op: int, size: int, symbols: int) -> int:
    if op == NULL:
        return at
    if op == BOOLEAN:
        return at + 1 if at < end and byte(at) <= 1 else -1
    if op in (FIXED, FLOAT, DOUBLE):
        taken = size if op == FIXED else (4 if op == FLOAT else 8)
        return at + taken if taken <= end - at else -1
    number, at = _long(at, end)
    if at < 0:
        return -1
    if op == BYTES:
        return at + number if 0 <= number <= end - at else -1
    if op == INT and not -(1 << 31) <= number < (1 << 31):
        return -1
    if op == ENUM and not 0 <= number < symbols:
        return -1
    return at
