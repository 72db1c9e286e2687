"""Protobuf decoded message by message with Protobuf's own library: slow, exact, and able to say what is wrong."""

from __future__ import annotations

import base64
import datetime
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from sinks.decoding import json_text
from sinks.decoding import protobuf_plan as plans
from sinks.decoding.columns import Unfit, convert, require_few
from sinks.decoding.json_text import Kept, Number
from sinks.decoding.protobuf_plan import Plan, Slot
from sinks.decoding.years import FIRST_SECOND, LAST_SECOND

_EPOCH = datetime.datetime(1970, 1, 1)


class RowReader:
    """Reads messages of one type, one by one."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._class = GetMessageClass(plan.message)

    def read(self, body: bytes) -> dict[str, Any]:
        """The fields as JSON's values, as ``json_text.read`` has them.

        Raises:
            Unfit: the message is not well-formed, or a value is of another type than the schema's.
        """
        message = self._class()
        try:
            message.ParseFromString(body)
        except (DecodeError, UnicodeDecodeError) as error:
            raise Unfit("malformed", f"no {self._plan.message.full_name}: {error}"[:300]) from error
        return _fields(self._plan, message)


def _fields(plan: Plan, message: Message, within: str = "") -> dict[str, Any]:
    _require_types(message, within)
    row: dict[str, Any] = {}
    for slot in plan.slots:
        if slot.items is not None:
            if slot.field is not None:
                require_few(slot.field, len(getattr(message, slot.name)))
            items = [_fields(slot.items, each, f"{slot.name}.") for each in getattr(message, slot.name)]
            # A list that is empty and one that is absent are the same on the wire.
            row[slot.name] = items if items or (slot.field and slot.field.required) else None
        elif slot.holds is plans.OTHER:
            if _is_there(message, slot.source):
                row[slot.name] = _json(slot.source, getattr(message, slot.name))
        else:
            row[slot.name] = _value(slot, message)
    return row


def _value(slot: Slot, message: Message) -> Any:
    try:
        text = _text(slot, message)
        if text is not None and slot.evolved and slot.field is not None:
            convert(slot.field, pa.array([text], pa.string()))
    except Unfit:
        if not slot.evolved:
            raise
        # What the contract does not know is no reason to refuse a message.
        return Kept(_written(slot, message))
    if text is None or slot.field is None:
        return text
    if slot.field.type == "boolean":
        return text == "true"
    return Number(text) if slot.field.type in ("integer", "double") else text


def _written(slot: Slot, message: Message) -> str:
    found = _json_one(slot.source, getattr(message, slot.name))
    return found if isinstance(found, str) else json_text.write(found)


def _require_types(message: Message, within: str) -> None:
    """A number that the schema has, under another wire type than the schema's: the library sets it aside unread."""
    for unknown in UnknownFieldSet(message):
        if field := message.DESCRIPTOR.fields_by_number.get(unknown.field_number):
            if field.enum_type is not None and unknown.wire_type == 0:
                raise Unfit("not_allowed", f"{within}{field.name} has the number {unknown.data}, which its enum lacks")
            raise Unfit(
                "wrong_type", f"{within}{field.name} has the wire type {unknown.wire_type}, which is not its own"
            )


def _is_there(message: Message, source: FieldDescriptor) -> bool:
    return message.HasField(source.name) if source.has_presence else bool(getattr(message, source.name))


def _text(slot: Slot, message: Message) -> str | None:
    source, value = slot.source, getattr(message, slot.name)
    if not _is_there(message, source):
        return None if slot.tells_absence else slot.absent
    if source.message_type is not None:
        _require_types(value, f"{slot.name}.")
    if slot.holds == plans.TIMES:
        return _timestamp(slot.name, value.seconds, value.nanos)
    if slot.holds == plans.DATES:
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    if slot.holds == plans.UNSCALED:
        return _unscaled(slot.name, value)
    if slot.holds == plans.DECIMAL:
        # So it is defined by its type.
        return value.value or "0"
    if slot.holds == plans.ENUM:
        return _enum_name(slot, value)
    if source.message_type is not None:
        value = value.value
    if slot.holds == plans.BOOLEAN:
        return "true" if value else "false"
    return _floating(value) if slot.holds == plans.FLOAT else str(value)


def _floating(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return repr(value) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _timestamp(name: str, seconds: int, nanos: int) -> str:
    if not (FIRST_SECOND <= seconds <= LAST_SECOND and 0 <= nanos < 1_000_000_000):
        raise Unfit("out_of_range", f"{name} has {seconds} seconds and {nanos} nanoseconds, which is no time")
    moment = _EPOCH + datetime.timedelta(seconds=seconds)
    if nanos % 1000:
        raise Unfit("out_of_range", f"{name} is {moment.isoformat()} and {nanos} nanoseconds; microseconds are kept")
    return f"{moment.isoformat()}.{nanos // 1000:06}Z"


def _unscaled(name: str, value: Any) -> str:
    if not value.value:
        raise Unfit("out_of_range", f"{name} is a decimal without a value")
    if len(value.value) > 64 or abs(value.scale) > 100:
        raise Unfit("out_of_range", f"{name} is a decimal of {len(value.value)} bytes and the scale {value.scale}")
    number = int.from_bytes(value.value, "big", signed=True)
    digits = tuple(map(int, str(abs(number))))
    return format(Decimal((int(number < 0), digits, -value.scale)), "f")


def _enum_name(slot: Slot, number: int) -> str:
    known = slot.source.enum_type.values_by_number.get(number)
    if known is None and not slot.evolved:
        raise Unfit(
            "not_allowed", f"{slot.name} has the number {number}, which {slot.source.enum_type.full_name} lacks"
        )
    return str(number) if known is None else str(known.name)


def _json(source: FieldDescriptor, value: Any) -> Any:
    """A value as ``json_text.write`` takes it: nothing in it is lost, bytes become base64."""
    entry = source.message_type if source.is_repeated else None
    if entry is not None and entry.GetOptions().map_entry:
        of = entry.fields_by_name["value"]
        return {str(key): _json_one(of, value[key]) for key in sorted(value)}
    return [_json_one(source, each) for each in value] if source.is_repeated else _json_one(source, value)


def _json_one(source: FieldDescriptor, value: Any) -> Any:
    if source.message_type is not None:
        return {field.name: _json(field, each) for field, each in value.ListFields()}
    if source.enum_type is not None:
        known = source.enum_type.values_by_number.get(value)
        return Number(value) if known is None else known.name
    if isinstance(value, bool | str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return Number(_floating(value) if isinstance(value, float) else value)
