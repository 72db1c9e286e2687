"""Protobuf schemas for a contract, and messages of them, made from plain values."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from contracts import Contract, Field
from sinks.decoding.protobuf_schema import ProtobufSchema
from sinks.decoding.registry import Schema

_HEAD = """\
syntax = "proto3";
package bank;
import "google/protobuf/timestamp.proto";
import "google/type/date.proto";
import "google/type/decimal.proto";
import "confluent/type/decimal.proto";
import "google/protobuf/wrappers.proto";
"""
TEXTS = {"decimal": "string", "timestamp": "string", "date": "string"}
MESSAGES = {"decimal": "google.type.Decimal", "timestamp": "google.protobuf.Timestamp", "date": "google.type.Date"}
UNSCALED = MESSAGES | {"decimal": "confluent.type.Decimal"}
_PLAIN = {"string": "string", "integer": "int64", "boolean": "bool"}


def schema_text(contract: Contract, types: Mapping[str, str] = MESSAGES, more: str = "", presence: bool = True) -> str:
    """A schema that has the contract's fields; ``more`` are further fields, ``presence`` makes all optional."""
    lists = [(f"{field.name.title()}Item", field.fields) for field in contract.fields if field.fields]
    inner = "".join(_message(name, fields, types, "", True) for name, fields in lists)
    return _HEAD + _message("Event", contract.fields, types, more, presence) + inner


def _message(name: str, fields: tuple[Field, ...], types: Mapping[str, str], more: str, presence: bool) -> str:
    lines = []
    for number, field in enumerate(fields, 1):
        if field.fields:
            lines.append(f"  repeated {field.name.title()}Item {field.name} = {number};")
        else:
            kind = types["decimal"] if field.decimal else _PLAIN.get(field.type) or types[field.type]
            lines.append(f"  {'optional ' if presence else ''}{kind} {field.name} = {number};")
    return "\n".join([f"message {name} {{", *lines, more, "}\n"])


def registered(text: str, schema_id: int = 7) -> Schema:
    """The schema as a registry gives it."""
    return Schema(schema_id, "PROTOBUF", text)


class Writer:
    """Writes events as messages of a schema."""

    def __init__(self, text: str, references: Mapping[str, str] | None = None, indexes: Sequence[int] = (0,)) -> None:
        self.type = GetMessageClass(ProtobufSchema(text, references or {}).message(indexes))

    def body(self, event: Mapping[str, Any]) -> bytes:
        """The message without a frame."""
        message = self.type()
        fill(message, event)
        return bytes(message.SerializeToString())


def framed(body: bytes, schema_id: int = 7, indexes: bytes = b"\0") -> bytes:
    """A message as it goes to Kafka."""
    return b"\0" + schema_id.to_bytes(4, "big") + indexes + body


def fill(message: Message, event: Mapping[str, Any]) -> None:
    """Set the fields of ``message``; decimals, times and dates may be given as wire text."""
    for name, value in event.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if value is None:
            continue
        if isinstance(value, Mapping) and field.is_repeated:
            getattr(message, name).update(value)
        elif field.is_repeated:
            for each in value:
                if field.message_type is not None:
                    fill(getattr(message, name).add(), each)
                else:
                    getattr(message, name).append(each)
        elif field.message_type is None:
            setattr(message, name, value)
        else:
            _fill_one(getattr(message, name), field, value)


def _fill_one(into: Any, field: FieldDescriptor, value: Any) -> None:
    name = field.message_type.full_name
    into.SetInParent()
    if name == "google.protobuf.Timestamp":
        moment = datetime.datetime.fromisoformat(value)
        into.seconds = int(moment.replace(microsecond=0).timestamp())
        into.nanos = moment.microsecond * 1000
    elif name == "google.type.Date":
        into.year, into.month, into.day = map(int, value.split("-"))
    elif name == "confluent.type.Decimal":
        whole, _, places = value.partition(".")
        number = int(whole + places)
        into.value = number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)
        into.scale = len(places)
    elif isinstance(value, Mapping):
        fill(into, value)
    else:
        into.value = value
