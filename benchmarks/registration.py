"""Schemas of the benchmarks' messages in a registry."""

from __future__ import annotations

import urllib3


def register(registry: str, subject: str, schema: str, kind: str) -> int:
    """Register the schema under ``subject``; returns its id.

    Raises:
        RuntimeError: the registry says no, and why.
    """
    body = {"schema": schema, "schemaType": kind}
    answer = urllib3.request("POST", f"{registry}/subjects/{subject}/versions", json=body, timeout=60)
    if answer.status != 200:
        raise RuntimeError(f"{subject} was not registered: {answer.status} {answer.data[:500]!r}")
    return int(answer.json()["id"])
