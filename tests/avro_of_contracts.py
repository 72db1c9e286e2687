"""The contracts' events as Avro: schemas that fit them, and messages."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import fastavro
from schemas import framed

from contracts import Contract, Field
from sinks.decoding.registry import Schema

ID = 7


def schema_of(contract: Contract, **changed: Any) -> dict[str, Any]:
    """A schema whose fields are the contract's, optional ones nullable; ``changed`` gives some another type."""
    members = [
        {"name": field.name, "type": changed.pop(field.name, None) or _nullable(field)} for field in contract.fields
    ]
    members += [{"name": name, "type": kind} for name, kind in changed.items()]
    return {"type": "record", "name": "Event", "namespace": "bank", "fields": members}


def _nullable(field: Field) -> Any:
    return avro_type(field) if field.required else ["null", avro_type(field)]


def avro_type(field: Field) -> Any:
    """The natural Avro type of a contract's field."""
    if field.fields:
        members = [{"name": each.name, "type": _nullable(each)} for each in field.fields]
        return {"type": "array", "items": {"type": "record", "name": f"{field.name}_item", "fields": members}}
    if field.decimal:
        return {"type": "bytes", "logicalType": "decimal", "precision": field.decimal[0], "scale": field.decimal[1]}
    return {
        "integer": "long",
        "date": {"type": "int", "logicalType": "date"},
        "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
    }.get(field.type, field.type)


def registered(schema: Any, schema_id: int = ID) -> Schema:
    """The schema as a registry would give it."""
    return Schema(schema_id, "AVRO", json.dumps(schema))


def encoded(schema: Any, event: Mapping[str, Any], schema_id: int = ID) -> bytes:
    """A framed message."""
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(json.dumps(schema))), dict(event))
    return framed(schema_id, body.getvalue())


def event_of(contract: Contract, wire: bytes) -> dict[str, Any]:
    """A JSON message's fields as the Python values that Avro's writer takes."""
    event = json.loads(wire)
    return {field.name: _python(field, event.get(field.name)) for field in contract.fields}


def _python(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.fields:
        return [{inner.name: _python(inner, each.get(inner.name)) for inner in field.fields} for each in value]
    if field.decimal:
        return Decimal(value)
    if field.type == "date":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if field.type == "timestamp" else value
