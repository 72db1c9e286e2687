"""Whether messages fit their contract, judged from the contract alone."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from contracts import Field, contract_for

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def faults(topic: str, messages: pl.DataFrame) -> list[str]:
    """Every way in which a message departs from its contract; empty when all fit."""
    contract = contract_for(topic)
    found: list[str] = []
    for key, value, timestamp in messages.select("key", "value", "timestamp").iter_rows():
        event: dict[str, Any] = json.loads(value)
        known = {field.name: field for field in contract.fields}
        found += [f"{key}: unknown field {name}" for name in event if name not in known]
        found += [f"{key}: no {name}" for name, field in known.items() if field.required and event.get(name) is None]
        for name in event.keys() & known.keys():
            found += [f"{key}: {name} {fault}" for fault in _field_faults(known[name], event[name])]
        if event[contract.key] != key:
            found.append(f"{key}: key is not {contract.key} {event[contract.key]}")
        moment = datetime.fromisoformat(event[contract.event_time])
        if contract.topic != "bank.transactions" and int(moment.timestamp() * 1000) != timestamp:
            found.append(f"{key}: timestamp {timestamp} is not {contract.event_time}")
    return found


def _field_faults(field: Field, content: Any) -> list[str]:
    if content is None:
        return ["is null, which should have been left out"]
    if field.fields:
        inner = {each.name: each for each in field.fields}
        return [
            f"[{name}] {fault}"
            for row in content
            for name, value in row.items()
            for fault in (_field_faults(inner[name], value) if name in inner else ["is unknown"])
        ]
    if field.type == "boolean":
        return [] if isinstance(content, bool) else [f"{content!r} is no boolean"]
    if field.type == "integer":
        return [] if type(content) is int else [f"{content!r} is no integer"]
    if not isinstance(content, str):
        return [f"{content!r} is no text"]
    if field.values and content not in field.values:
        return [f"{content!r} is not among its values"]
    if field.decimal:
        return _decimal_faults(field, content)
    if field.type == "date":
        return [] if date.fromisoformat(content).isoformat() == content else [f"{content!r} is no date"]
    if field.type == "timestamp":
        return [] if TIMESTAMP.fullmatch(content) else [f"{content!r} is no timestamp"]
    return [] if content.strip() else ["is empty"]


def _decimal_faults(field: Field, content: str) -> list[str]:
    precision, scale = field.decimal or (0, 0)
    digits = re.fullmatch(r"-?(\d+)(?:\.(\d+))?", content)
    if digits is None or len(digits[2] or "") > scale or len(digits[1]) > precision - scale:
        return [f"{content!r} is no {field.type}"]
    if field.minimum is not None and Decimal(content) < field.minimum:
        return [f"{content!r} is below {field.minimum}"]
    return []
