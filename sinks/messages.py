"""librdkafka's messages taken apart by compiled code: from their addresses into columns, without an object a message.

The offsets are those of ``rd_kafka_message_t`` in rdkafka.h. An address is good until its message is given back, which
``destroy`` does; nothing here keeps one.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call"

from __future__ import annotations

import struct
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from sinks import librdkafka
from sinks.decoding.memory import byte, put_word, word
from sinks.payloads import PADDING, Payloads, check_size
from sinks.records import Headers, Ints

Addresses = npt.NDArray[np.int64]

# Where rd_kafka_message_t has what; a payload's and a key's length stands behind its address.
_ERROR, _TOPIC, _PARTITION, _PAYLOAD, _KEY, _OFFSET = 0, 8, 16, 24, 40, 56
_LOW = np.uint64(0xFFFFFFFF)
# Rows of what ``_describe`` fills.
_ROWS = ERROR, TOPIC, PARTITION, OFFSET, TIMESTAMP, HEADED = range(6)


def _call_of(_context: Any, _function: Any, arguments: Any) -> Any:
    def make(_context: Any, builder: Any, signature: Any, values: Any) -> Any:
        passed = cgutils.unpack_tuple(builder, values[1], len(signature.args[1]))
        kind = ir.FunctionType(ir.IntType(64), [ir.IntType(64)] * len(passed))
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), passed)

    return types.int64(types.int64, types.UniTuple(types.int64, len(arguments))), make


def _copy_of(_context: Any, _target: Any, _source: Any, _count: Any) -> Any:
    def make(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        target, source = (builder.inttoptr(each, ir.IntType(8).as_pointer()) for each in values[:2])
        cgutils.raw_memcpy(builder, target, source, values[2], 1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), make


# _call(address, (a, b, …)): what the C function there gives, 64 bits, called with integers or addresses.
_call: Any = intrinsic(_call_of)
# _copy_bytes(target, source, count): between addresses.
_copy_bytes: Any = intrinsic(_copy_of)


@njit(nogil=True, cache=True)
def _describe(
    messages: Addresses, timestamp_of: int, headers_of: int, answer: Ints, found: npt.NDArray[np.int64]
) -> None:
    at: Any = np.int64(answer.ctypes.data)
    for i in range(len(messages)):
        message = messages[i]
        found[ERROR, i] = np.int32(word(message + _ERROR) & _LOW)
        found[TOPIC, i] = word(message + _TOPIC)
        found[PARTITION, i] = np.int32(word(message + _PARTITION) & _LOW)
        found[OFFSET, i] = word(message + _OFFSET)
        found[TIMESTAMP, i] = -1
        found[HEADED, i] = 0
        if found[ERROR, i]:
            continue
        answer[0] = 0
        timestamp = _call(timestamp_of, (message, at))
        # A message of no kind of time has none.
        if answer[0]:
            found[TIMESTAMP, i] = timestamp
        found[HEADED, i] = (_call(headers_of, (message, at)) & 0xFFFFFFFF) == 0


@njit(nogil=True, cache=True)
def _lengths(messages: Addresses, field: int, bounds: Ints, present: npt.NDArray[np.bool_]) -> None:
    bounds[0] = 0
    for i in range(len(messages)):
        present[i] = word(messages[i] + field) != 0
        bounds[i + 1] = bounds[i] + (np.int64(word(messages[i] + field + 8)) if present[i] else 0)


@njit(nogil=True, cache=True)
def _copy(messages: Addresses, field: int, bounds: Ints, data: npt.NDArray[np.uint8]) -> None:
    at: Any = np.int64(data.ctypes.data)
    for i in range(len(messages)):
        count = bounds[i + 1] - bounds[i]
        if count:
            _copy_bytes(at + bounds[i], np.int64(word(messages[i] + field)), count)


@njit(nogil=True, cache=True)
def _headers(
    messages: Addresses, headers_of: int, header_at: int, answer: Ints, bounds: Ints, present: Any, target: int
) -> None:
    """Fill ``bounds``, and memory from ``target`` on unless that is 0, with each message's headers as packed below."""
    at: Any = np.int64(answer.ctypes.data)
    bounds[0] = 0
    for i in range(len(messages)):
        end = bounds[i]
        present[i] = (_call(headers_of, (messages[i], at)) & 0xFFFFFFFF) == 0
        if present[i]:
            headers, index = answer[0], np.int64(0)
            while (_call(header_at, (headers, index, at + 8, at + 16, at + 24)) & 0xFFFFFFFF) == 0:
                name, value, size = answer[1], answer[2], answer[3]
                length = np.int64(0)
                while byte(name + length):
                    length += 1
                if target:
                    put_word(target + end, length)
                    _copy_bytes(target + end + 8, name, length)
                    put_word(target + end + 8 + length, size if value else -1)
                    if value:
                        _copy_bytes(target + end + 16 + length, value, size)
                end += 16 + length + (size if value else 0)
                index += 1
        bounds[i + 1] = end


@njit(nogil=True, cache=True)
def _destroy(messages: Addresses, destroy_at: int) -> None:
    for i in range(len(messages)):
        _call(destroy_at, (messages[i],))


class _Functions(NamedTuple):
    timestamp: int
    headers: int
    header: int
    destroy: int


@cache
def _functions() -> _Functions:
    names = "message_timestamp", "message_headers", "header_get_all", "message_destroy"
    return _Functions(*map(librdkafka.address, names))


def describe(messages: Addresses) -> npt.NDArray[np.int64]:
    """For each message a column; the rows are ``ERROR`` (a code, 0: none), ``TOPIC`` (an address), ``PARTITION``,
    ``OFFSET``, ``TIMESTAMP`` (milliseconds, -1 unknown), ``HEADED`` (whether it has headers)."""
    found = np.empty((len(_ROWS), len(messages)), np.int64)
    _describe(messages, _functions().timestamp, _functions().headers, np.zeros(4, np.int64), found)
    return found


def values(messages: Addresses) -> Payloads:
    """The messages' values."""
    return _strings(messages, _PAYLOAD)


def keys(messages: Addresses) -> Payloads:
    """The messages' keys."""
    return _strings(messages, _KEY)


def headers(messages: Addresses) -> Payloads:
    """The messages' headers, packed: ``unpacked`` reads them; not present where a message has none."""
    answer, bounds = np.zeros(4, np.int64), np.empty(len(messages) + 1, np.int64)
    present = np.empty(len(messages), np.bool_)
    functions = _functions().headers, _functions().header
    _headers(messages, *functions, answer, bounds, present, 0)
    data = _room(bounds)
    _headers(messages, *functions, answer, bounds, present, data.ctypes.data)
    return Payloads(data, bounds.astype(np.int32), present)


def unpacked(packed: bytes) -> Headers:
    """A message's headers out of what ``headers`` made of them: names, with values or None."""
    found: list[tuple[str, bytes | None]] = []
    at = 0
    while at < len(packed):
        (length,) = struct.unpack_from("<q", packed, at)
        name = packed[at + 8 : at + 8 + length].decode(errors="backslashreplace")
        at += 16 + length
        (size,) = struct.unpack_from("<q", packed, at - 8)
        found.append((name, packed[at : at + size] if size >= 0 else None))
        at += max(size, 0)
    return found


def load() -> None:
    """Load the compiled code, which takes its time, before there are messages that wait for it."""
    none = np.empty(0, np.int64)
    for use in (describe, values, keys, headers, destroy):
        use(none)


def destroy(messages: Addresses) -> None:
    """Give the messages back to librdkafka; their addresses are worth nothing afterwards."""
    _destroy(messages, _functions().destroy)


def _strings(messages: Addresses, field: int) -> Payloads:
    bounds, present = np.empty(len(messages) + 1, np.int64), np.empty(len(messages), np.bool_)
    _lengths(messages, field, bounds, present)
    data = _room(bounds)
    _copy(messages, field, bounds, data)
    return Payloads(data, bounds.astype(np.int32), present)


def _room(bounds: Ints) -> npt.NDArray[np.uint8]:
    check_size(int(bounds[-1]))
    data = np.empty(int(bounds[-1]) + PADDING, np.uint8)
    data[-PADDING:] = 0
    return data
