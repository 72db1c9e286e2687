"""Schemas registered with the real registry, and messages that name them."""

from __future__ import annotations

import json
from typing import Any

import urllib3


def register(registry: str, subject: str, schema: Any, kind: str = "AVRO", references: Any = ()) -> int:
    """Register ``schema`` (text, or what becomes JSON) under ``subject``; returns its id."""
    text = schema if isinstance(schema, str) else json.dumps(schema)
    answer = urllib3.request(
        "POST",
        f"{registry}/subjects/{subject}/versions",
        json={"schema": text, "schemaType": kind, "references": list(references)},
        timeout=60,
    )
    assert answer.status == 200, answer.data
    return int(answer.json()["id"])


def framed(schema_id: int, body: bytes) -> bytes:
    """``body`` as a message of that schema."""
    return b"\0" + schema_id.to_bytes(4, "big") + body
