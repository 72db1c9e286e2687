"""The benchmarks' transactions as Protobuf in Confluent's frame: decimals, times and dates as Google's messages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from google.protobuf.message_factory import GetMessageClass

from contracts import Contract
from sinks.decoding.protobuf_schema import ProtobufSchema
from sinks.decoding.registry import Schema

_TYPES = {"string": "string", "boolean": "bool", "integer": "int64"}
_MESSAGES = {
    "timestamp": "google.protobuf.Timestamp",
    "date": "google.type.Date",
    "decimal": "google.type.Decimal",
}


def schema_of(contract: Contract) -> Schema:
    """A schema with the contract's fields, none of which may be a list."""
    kinds = ["decimal" if field.decimal else field.type for field in contract.fields]
    fields = [
        f"optional {_TYPES.get(kind) or _MESSAGES[kind]} {field.name} = {number};"
        for number, (field, kind) in enumerate(zip(contract.fields, kinds, strict=True), 1)
    ]
    imports = [f'import "{each.rpartition(".")[0].replace(".", "/")}/{each.split(".")[-1].lower()}.proto";'
               for each in _MESSAGES.values()]  # fmt: skip
    text = "\n".join(['syntax = "proto3";', *imports, "message Event {", *fields, "}"])
    return Schema(1, "PROTOBUF", text)


def messages(schema: Schema, events: Iterable[bytes]) -> list[bytes]:
    """JSON events as messages of the schema."""
    made = []
    event_type = GetMessageClass(ProtobufSchema(schema.text, {}).message([0]))
    frame = b"\0" + schema.id.to_bytes(4, "big") + b"\0"
    for event in events:
        message = event_type()
        for name, value in json.loads(event).items():
            field = getattr(message, name)
            if message.DESCRIPTOR.fields_by_name[name].message_type is None:
                setattr(message, name, value)
            elif hasattr(field, "seconds"):
                field.FromDatetime(datetime.fromisoformat(value))
            elif hasattr(field, "year"):
                field.year, field.month, field.day = map(int, value.split("-"))
            else:
                field.value = value
        made.append(frame + message.SerializeToString())
    return made
