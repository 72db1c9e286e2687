"""JSON messages of a contract without lists, written as Avro."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import fastavro

from contracts import Contract, Field
from sinks.decoding.registry import Schema

_ID = 1


def avro_events(contract: Contract, messages: Sequence[bytes | None]) -> tuple[Schema, list[bytes]]:
    """The schema and the framed messages: money as decimal bytes, times as microseconds, optional fields nullable."""
    fields = [
        {"name": field.name, "type": _type(field) if field.required else ["null", _type(field)]}
        for field in contract.fields
    ]
    text = json.dumps({"type": "record", "name": "Event", "fields": fields})
    schema = fastavro.parse_schema(json.loads(text))
    written = []
    for message in messages:
        event = json.loads(message or b"")
        body = io.BytesIO()
        values = {field.name: _value(field, event.get(field.name)) for field in contract.fields}
        fastavro.schemaless_writer(body, schema, values)
        written.append(b"\0" + _ID.to_bytes(4, "big") + body.getvalue())
    return Schema(_ID, "AVRO", text), written


def _type(field: Field) -> Any:
    if field.decimal:
        return {"type": "bytes", "logicalType": "decimal", "precision": field.decimal[0], "scale": field.decimal[1]}
    logical = {"date": ("int", "date"), "timestamp": ("long", "timestamp-micros")}.get(field.type)
    return (
        {"type": logical[0], "logicalType": logical[1]} if logical else {"integer": "long"}.get(field.type, field.type)
    )


def _value(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.decimal:
        return Decimal(value)
    if field.type == "date":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if field.type == "timestamp" else value
