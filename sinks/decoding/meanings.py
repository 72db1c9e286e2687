"""What JSON values stand for where a field's type does not say it: days since 1970, microseconds, unscaled decimals.

Kafka Connect names such a meaning in its schema; each becomes the text that the contract's field takes.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contracts import Field
from sinks.decoding import json_text
from sinks.decoding.columns import Unfit
from sinks.decoding.json_values import ESCAPED, LIST, NUMBER, STRING

_UTC = pa.timestamp("us", tz="UTC")
# Microseconds in one of a number's units.
_UNITS = {
    "org.apache.kafka.connect.data.Timestamp": 1000,
    "io.debezium.time.Timestamp": 1000,
    "io.debezium.time.MicroTimestamp": 1,
}
_NANOS = "io.debezium.time.NanoTimestamp"
_DAYS = ("org.apache.kafka.connect.data.Date", "io.debezium.time.Date")
_ISO_DATE = "io.debezium.time.IsoDate"
_DECIMAL = "org.apache.kafka.connect.data.Decimal"
_ANY_SCALE = "io.debezium.data.VariableScaleDecimal"
_JSON = "io.debezium.data.Json"


@dataclass(frozen=True)
class Meaning:
    """What a field's values mean: the name of a Kafka Connect type; a decimal's ``scale``."""

    name: str
    scale: int = 0

    @property
    def takes(self) -> int:
        """The kinds of ``json_scan`` that the values have, as a mask."""
        if self.name in _UNITS or self.name == _NANOS or self.name in _DAYS:
            return NUMBER
        return STRING | ESCAPED | (LIST if self.name == _JSON else 0)

    def value(self, field: Field, value: Any) -> Any:
        """One of JSON's values (as ``json_text.read`` gives it) as one that the contract's field takes.

        Raises:
            Unfit: it is no such value.
        """
        if value is None or (self.name == _JSON and isinstance(value, list)):
            return value
        if self.name == _ANY_SCALE and isinstance(value, dict) and value.keys() == {"scale", "value"}:
            try:
                of = Meaning(_DECIMAL, _scale(value["scale"]))
            except ValueError as error:
                raise Unfit("wrong_type", f"{field.name}: {error}") from error
            return of.value(field, value["value"])
        is_text = isinstance(value, str) and not isinstance(value, json_text.Number)
        if self.name == _ANY_SCALE or (self.takes == NUMBER) is is_text or not isinstance(value, str):
            raise Unfit("wrong_type", f"{field.name} is {json_text.write(value)[:100]}, which is no {self.name}")
        if self.name == _JSON:
            return json_text.read(value)
        return self.texts(field, pa.array([str(value)], pa.string()))[0].as_py()

    def texts(self, field: Field, texts: pa.Array) -> pa.Array:
        """JSON's texts as the wire text that ``columns.convert`` takes.

        Raises:
            Unfit: one or more are no such value.
        """
        try:
            if self.name == _DECIMAL:
                return pa.array([_decimal(text, self.scale) for text in texts.to_pylist()], pa.string())
            if self.name in (_JSON, _ANY_SCALE):
                return texts
            if self.name == _ISO_DATE:
                # A date with a zone, which is always Z.
                return pc.replace_substring_regex(texts, r"^(\d{4}-\d{2}-\d{2})Z$", r"\1")
            numbers = texts.cast(pa.int64())
            if self.name in _DAYS:
                return numbers.cast(pa.int32()).view(pa.date32()).cast(pa.string())
            if self.name == _NANOS:
                micros = pc.divide(numbers, 1000)
                if not pc.all(pc.equal(pc.multiply(micros, 1000), numbers)).as_py() and numbers.null_count < len(
                    numbers
                ):
                    raise Unfit("out_of_range", f"{field.name} has nanoseconds, of which microseconds are kept")
            else:
                micros = pc.multiply_checked(numbers, _UNITS[self.name])
            return micros.view(pa.timestamp("us")).cast(_UTC).cast(pa.string())
        except (pa.ArrowInvalid, binascii.Error, ValueError) as error:
            told = str(error).splitlines()[0][:200]
            raise Unfit("out_of_range", f"{field.name} is no {self.name}: {told}") from error


def meanings_of(fields: Any, contract_fields: tuple[Field, ...]) -> dict[str, Meaning]:
    """The meanings that a Kafka Connect struct's ``fields`` give to the contract's; what has none keeps JSON's own.

    Whatever the schema says, and also without one, a list may come as a text of JSON and a date with a Z behind it.

    Raises:
        ValueError: a decimal's scale is no number.
    """
    usual = {"list": Meaning(_JSON), "date": Meaning(_ISO_DATE)}
    found = {field.name: usual[field.type] for field in contract_fields if field.type in usual}
    typed = {field.name for field in contract_fields if field.type in ("date", "timestamp") or field.decimal}
    for each in fields if isinstance(fields, list) else ():
        name, meaning = (each.get("field"), each.get("name")) if isinstance(each, dict) else (None, None)
        if not isinstance(name, str) or name not in typed:
            continue
        if meaning == _DECIMAL:
            parameters = each.get("parameters")
            told = parameters.get("scale", "0") if isinstance(parameters, dict) else "0"
            found[name] = Meaning(_DECIMAL, _scale(told))
        elif meaning in (*_UNITS, *_DAYS, _NANOS, _ISO_DATE, _ANY_SCALE):
            found[name] = Meaning(meaning)
    return found


def _scale(told: Any) -> int:
    """A decimal's places; Connect's schema has them as text, a value beside it as a number."""
    if not isinstance(told, str):
        raise ValueError("the scale of a decimal is no number")
    return int(told)


def _decimal(text: str | None, scale: int) -> str | None:
    """The number whose two's complement is in ``text`` as base64, the highest byte first."""
    if text is None:
        return None
    raw = base64.b64decode(text, validate=True)
    if not 0 < len(raw) <= 64 or abs(scale) > 100:
        raise ValueError(f"a decimal of {len(raw)} bytes")
    number = int.from_bytes(raw, "big", signed=True)
    if scale <= 0:
        return str(number * 10**-scale)
    digits = str(abs(number)).rjust(scale + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"
