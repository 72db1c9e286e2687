"""One event as bytes on the wire, for the few that are written one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from contracts.contract import Contract, ContractError


def encode(contract: Contract, event: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """(key, value) of ``event``: JSON with decimals as strings and times in UTC; absent and null fields left out.

    Raises:
        ContractError: a field is unknown, missing or outside its values; all faults are named at once.
    """
    faults = [f"unknown field {name!r}" for name in event if name not in {field.name for field in contract.fields}]
    for field in contract.fields:
        value = event.get(field.name)
        if value is None:
            if field.required:
                faults.append(f"{field.name} is required")
        elif field.values is not None and value not in field.values:
            faults.append(f"{field.name} is {value!r}, not one of {', '.join(field.values)}")
    if faults:
        raise ContractError(f"event for {contract.topic}: {'; '.join(faults)}")
    body = {field.name: event[field.name] for field in contract.fields if event.get(field.name) is not None}
    return str(event[contract.key]).encode(), orjson.dumps(body, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"{value!r} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form on the wire")
