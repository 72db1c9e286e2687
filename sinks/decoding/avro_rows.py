"""Avro read value by value: slow, exact, never beyond the message, and able to say what is wrong."""

from __future__ import annotations

import base64
import math
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sinks.decoding.avro_schema import Type, is_empty
from sinks.decoding.columns import Unfit
from sinks.decoding.json_rows import text_of
from sinks.decoding.json_text import Number
from sinks.decoding.years import FIRST_DAY, LAST_DAY

_DEPTH = 64
# A decimal of more bytes fits no column; Python would take long to write it down.
_DECIMAL_BYTES = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}


class AvroReader:
    """Reads one message's value, which ends at ``end``.

    Values come as ``json_text.read`` has them: numbers as ``Number``, decimals, dates and times as text, bytes as
    ``{"base64": …}``. A record's nulls are left out.

    Raises:
        Unfit: the bytes are no value of the type.
    """

    def __init__(self, raw: bytes, at: int, end: int) -> None:
        self._raw = raw
        self._at = at
        self._end = end

    def whole(self, kind: Type) -> Any:
        """The value that fills the message."""
        found = self.value(kind)
        if self._at != self._end:
            raise Unfit("malformed", f"{self._end - self._at} bytes are left behind the value")
        return found

    def value(self, kind: Type, depth: int = 0) -> Any:
        """The next value."""
        if depth > _DEPTH:
            raise Unfit("malformed", f"values are nested deeper than {_DEPTH}")
        if kind.kind == "union":
            branch = self._long()
            if not 0 <= branch < len(kind.branches):
                raise Unfit("malformed", f"a union of {len(kind.branches)} types has none with the number {branch}")
            return self.value(kind.branches[branch], depth)
        if kind.kind == "record":
            found = {member.name: self.value(member.type, depth + 1) for member in kind.members}
            return {name: each for name, each in found.items() if each is not None}
        if kind.kind in ("array", "map"):
            return self._items(kind, depth)
        return self._plain(kind)

    def _plain(self, kind: Type) -> Any:
        match kind.kind:
            case "null":
                return None
            case "boolean":
                byte = self._take(1)[0]
                if byte > 1:
                    raise Unfit("malformed", f"a boolean is the byte {byte}")
                return bool(byte)
            case "int" | "long":
                number = self._long()
                if kind.kind == "int" and not -(1 << 31) <= number < 1 << 31:
                    raise Unfit("malformed", f"{number} is no int")
                return _of_integer(kind, number)
            case "float" | "double":
                code = "<f" if kind.kind == "float" else "<d"
                return _of_float(struct.unpack(code, self._take(struct.calcsize(code)))[0])
            case "string":
                return text_of(self._take(self._long()), "string")
            case "enum":
                index = self._long()
                if not 0 <= index < len(kind.symbols):
                    raise Unfit("malformed", f"the enum {kind.name} has no symbol with the number {index}")
                return kind.symbols[index]
        raw = self._take(kind.size if kind.kind == "fixed" else self._long())
        return _of_decimal(kind, raw) if kind.logical == "decimal" else {"base64": base64.b64encode(raw).decode()}

    def _items(self, kind: Type, depth: int) -> Any:
        assert kind.items is not None
        items: list[Any] = []
        names: list[str] = []
        while count := self._long():
            if count < 0:
                count = -count
                self._long()
            # An item takes a byte at least, but for those that never take any.
            if count > self._end - self._at or (is_empty(kind.items) and kind.kind == "array"):
                raise Unfit("malformed", f"{count} items cannot be in {self._end - self._at} bytes")
            for _ in range(count):
                if kind.kind == "map":
                    names.append(text_of(self._take(self._long()), "key of a map"))
                items.append(self.value(kind.items, depth + 1))
        if kind.kind == "array":
            return items
        found = dict(zip(names, items, strict=True))
        if len(found) < len(names):
            raise Unfit("duplicate_field", "a map has a key twice")
        return found

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= self._end - self._at:
            raise Unfit("malformed", f"{size} bytes are wanted where {self._end - self._at} are left")
        self._at += size
        return self._raw[self._at - size : self._at]

    def _long(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self._take(1)[0]
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                if found >> 64:
                    break
                return (found >> 1) ^ -(found & 1)
        raise Unfit("malformed", "a number has more than 64 bits")


def _of_integer(kind: Type, number: int) -> Any:
    if kind.logical == "date":
        if not FIRST_DAY <= number <= LAST_DAY:
            raise Unfit("out_of_range", f"day {number} lies outside the years 1 to 9999")
        return date.fromordinal(number + date(1970, 1, 1).toordinal()).isoformat()
    if kind.logical is None or kind.logical.startswith("time-"):
        return Number(number)
    unit = _UNITS[kind.logical.rpartition("-")[2]]
    seconds, rest = divmod(number, unit)
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    except OverflowError:
        raise Unfit("out_of_range", f"{kind.logical} {number} lies outside the years 1 to 9999") from None
    digits = f"{rest:0{len(str(unit)) - 1}d}".ljust(6, "0")
    # Nanoseconds that say no more than microseconds would are those.
    digits = digits[:6] + digits[6:].rstrip("0")
    return f"{text}.{digits}" + ("" if kind.logical.startswith("local-") else "Z")


def _of_float(number: float) -> Number:
    if math.isfinite(number):
        return Number(repr(number))
    return Number("NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity")


def _of_decimal(kind: Type, raw: bytes) -> str:
    if len(raw) > _DECIMAL_BYTES:
        raise Unfit("out_of_range", f"a decimal has {len(raw)} bytes")
    unscaled = int.from_bytes(raw, "big", signed=True)
    digits = tuple(map(int, str(abs(unscaled))))
    return format(Decimal((int(unscaled < 0), digits, -kind.decimal[1])), "f")
