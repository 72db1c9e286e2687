"""Change events as Debezium 2 and 3 write them: the connector for PostgreSQL, JSON with schemas and without."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SOURCE = {
    "version": "3.0.8.Final", "connector": "postgresql", "name": "bank", "ts_ms": 1769867100123, "snapshot": "false",
    "db": "core", "sequence": '["24023119","24023128"]', "ts_us": 1769867100123456, "ts_ns": 1769867100123456000,
    "schema": "public", "table": "parties", "txId": 555, "lsn": 24023128, "xmin": None,
}  # fmt: skip
# By column: literal type, semantic type, parameters.
ADAPTIVE: dict[str, tuple[str, str | None, dict[str, str] | None]] = {
    "birth_date": ("int32", "io.debezium.time.Date", None),
    "updated_at": ("int64", "io.debezium.time.MicroTimestamp", None),
    "expected_monthly_turnover": ("bytes", "org.apache.kafka.connect.data.Decimal", {"scale": "4"}),
    "addresses": ("string", "io.debezium.data.Json", None),
    "pep": ("boolean", None, None),
}
CONNECT = ADAPTIVE | {
    "birth_date": ("int32", "org.apache.kafka.connect.data.Date", None),
    "updated_at": ("int64", "org.apache.kafka.connect.data.Timestamp", None),
}
NANOS = ADAPTIVE | {"updated_at": ("int64", "io.debezium.time.NanoTimestamp", None)}
ISO = ADAPTIVE | {
    "birth_date": ("string", "io.debezium.time.IsoDate", None),
    "updated_at": ("string", "io.debezium.time.IsoTimestamp", None),
    "expected_monthly_turnover": ("string", None, None),
}
ZONED = ISO | {"updated_at": ("string", "io.debezium.time.ZonedTimestamp", None)}


def as_column(value: Any, kind: tuple[str, str | None, dict[str, str] | None]) -> Any:
    """A value (wire text, bool, list) as Debezium writes a column of that kind."""
    name = kind[1]
    if value is None or name is None:
        return value
    if name.endswith("Date") and kind[0] == "int32":
        return (datetime.date.fromisoformat(value) - _EPOCH.date()).days
    if name.endswith("IsoDate"):
        return f"{value}Z"
    if name.endswith("Timestamp") and kind[0] == "int64":
        micros = (datetime.datetime.fromisoformat(value) - _EPOCH) // datetime.timedelta(microseconds=1)
        return micros * 1000 if "Nano" in name else micros if "Micro" in name else micros // 1000
    if name.endswith("data.Decimal"):
        assert kind[2] is not None
        number = int(Decimal(value).scaleb(int(kind[2]["scale"])))
        size = (number + (number < 0)).bit_length() // 8 + 1
        return base64.b64encode(number.to_bytes(size, "big", signed=True)).decode()
    return json.dumps(value) if name.endswith("Json") else value


def event(
    op: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    kinds: Mapping[str, tuple[str, str | None, dict[str, str] | None]] = ISO,
    schema: bool = False,
    **more: Any,
) -> bytes:
    """The value of a change event; rows are given as on the sink's own wire."""
    before, after = (
        None
        if row is None
        else {name: as_column(each, kinds.get(name, ("string", None, None))) for name, each in row.items()}
        for row in (before, after)
    )
    body = {"before": before, "after": after, "source": _SOURCE, "transaction": None, "op": op} | {
        "ts_ms": 1769867100542, "ts_us": 1769867100542123, "ts_ns": 1769867100542123456, **more
    }  # fmt: skip
    if not schema:
        return json.dumps(body, separators=(",", ":")).encode()
    columns = [_column(name, kinds.get(name, ("string", None, None))) for name in (after or before or {})]
    row = {"type": "struct", "fields": columns, "optional": True, "name": "bank.public.parties.Value"}
    fields = [row | {"field": "before"}, row | {"field": "after"}, {"type": "string", "optional": False, "field": "op"}]
    envelope = {
        "type": "struct",
        "fields": fields,
        "optional": False,
        "name": "bank.public.parties.Envelope",
        "version": 2,
    }
    return json.dumps({"schema": envelope, "payload": body}, separators=(",", ":")).encode()


def key(party_id: str, schema: bool = False) -> bytes:
    """The key of a change event."""
    if not schema:
        return json.dumps({"party_id": party_id}, separators=(",", ":")).encode()
    fields = [{"type": "string", "optional": False, "field": "party_id"}]
    struct = {"type": "struct", "fields": fields, "optional": False, "name": "bank.public.parties.Key"}
    return json.dumps({"schema": struct, "payload": {"party_id": party_id}}).encode()


def _column(name: str, kind: tuple[str, str | None, dict[str, str] | None]) -> dict[str, Any]:
    literal, meaning, parameters = kind
    column: dict[str, Any] = {"type": literal, "optional": True}
    if meaning is not None:
        column |= {"name": meaning, "version": 1}
    return column | ({"parameters": parameters} if parameters else {}) | {"field": name}
