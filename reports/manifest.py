"""The manifest of a filing: what it was made from, and what was found when it was checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from lakehouse.snapshots import BUILD
from reports.casefile import CaseFile, Row
from reports.dayfile import DayFile
from reports.exemptfile import ExemptFile
from reports.profile import Profile
from reports.rulebook import Violation
from reports.schema import SchemaResult

if TYPE_CHECKING:
    from reports.batch import Batch

NAME = "manifest.json"


def describe(
    profile: Profile,
    file: CaseFile,
    filing_ref: str,
    files: Mapping[str, bytes],
    ledger: Mapping[str, Any],
    violations: Sequence[Violation],
    schema: SchemaResult,
) -> dict[str, Any]:
    """The manifest of a case's filing as JSON values. Nothing in it comes from the clock or the machine.

    Args:
        files: the filing's files by name.
        ledger: ``ledger_at`` the pin.
    """
    return {
        "filing_ref": filing_ref,
        **({"corrects": file.corrects} if file.corrects else {}),
        "profile": _profile(profile),
        "case_id": file.case_id,
        "pin": file.pin,
        **_retention(file),
        "files": {name: digest(hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()},
        **_case(file),
        "ledger": ledger,
        "alerts": [_alert(alert) for alert in file.alerts],
        "transactions": [movement(row) for row in file.transactions],
        "validation": _validation(profile, violations, schema),
    }


def describe_day(
    profile: Profile,
    file: DayFile,
    filing_ref: str,
    name: str,
    batch: Batch,
    ledger: Mapping[str, Any],
    day_sha256: str,
) -> dict[str, Any]:
    """The same of a day's filing, whose one file is ``name``; ``day_sha256`` is that of ``read.day_digests``."""
    return {
        "filing_ref": filing_ref,
        **({"corrects": file.corrects} if file.corrects else {}),
        "profile": _profile(profile),
        "business_day": file.business_day.isoformat(),
        "pin": file.pin,
        **_retention(file),
        "files": {name: digest(batch.sha256, batch.size)},
        "filed_on": file.filed_on.isoformat(),
        "day_sha256": day_sha256,
        "reports": batch.reports,
        **({"gone": list(file.gone)} if file.gone else {}),
        "cash_in": str(batch.cash_in),
        "cash_out": str(batch.cash_out),
        "ledger": ledger,
        "transactions": batch.movements,
        "validation": _validation(profile, batch.violations, batch.schema),
    }


def describe_exemption(
    profile: Profile,
    file: ExemptFile,
    filing_ref: str,
    files: Mapping[str, bytes],
    ledger: Mapping[str, Any],
    violations: Sequence[Violation],
    schema: SchemaResult,
) -> dict[str, Any]:
    """The same of an exemption's filing, which tells no movement."""
    designation = file.designation
    return {
        "filing_ref": filing_ref,
        **({"corrects": file.corrects} if file.corrects else {}),
        "profile": _profile(profile),
        "designation_id": file.designation_id,
        "exemption_id": designation["exemption_id"],
        "pin": file.pin,
        **_retention(file),
        "files": {name: digest(hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()},
        "filed_on": file.filed_on.isoformat(),
        "prepared_by": {"officer_id": designation["proposed_by"], "name": designation["proposed_by_name"]},
        "approved_by": {"officer_id": designation["approved_by"], "name": designation["approved_by_name"]},
        "approved_at": designation["approved_at"].isoformat() + "Z",
        "ledger": ledger,
        "transactions": [],
        "validation": _validation(profile, violations, schema),
    }


def digest(sha256: str, size: int) -> dict[str, Any]:
    """A file as the manifest names it."""
    return {"sha256": sha256, "bytes": size}


def _profile(profile: Profile) -> dict[str, Any]:
    return {"name": profile.name, "version": profile.version, "files": profile.digests}


def _validation(profile: Profile, violations: Sequence[Violation], schema: SchemaResult) -> dict[str, Any]:
    return {
        "rule_book": {
            "rules": len(profile.rules),
            "errors": 0,
            "warnings": [
                {"rule": found.rule, "field": found.field, "value": found.value, "message": found.message}
                for found in violations
            ],
        },
        "schema": {"name": schema.schema, "sha256": schema.sha256, "result": str(schema)},
    }


def _retention(file: CaseFile | DayFile | ExemptFile) -> dict[str, Any]:
    """How long the filing is kept, from the day it is filed on; nothing at a pin of before that was known."""
    years = file.entity.get("retention_years")
    return {} if years is None else {"retention": {"years": years, "until": later(file.filed_on, years).isoformat()}}


def later(day: date, years: int) -> date:
    """The same day so many years later; 28 February for 29 February where that year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _case(file: CaseFile) -> dict[str, Any]:
    case = file.case
    return {
        "filed_on": file.filed_on.isoformat(),
        "prepared_by": {"officer_id": case["disposed_by"], "name": case["disposed_by_name"]},
        "approved_by": {"officer_id": case["approved_by"], "name": case["approved_by_name"]},
        "approved_at": case["approved_at"].isoformat() + "Z",
        "narrative": "officer" if (case["officer_narrative"] or "").strip() else "drafted",
        "amount": {"value": str(case["amount"]), "currency": case["base_currency"]},
    }


def _alert(alert: Row) -> dict[str, Any]:
    return {
        "alert_id": alert["alert_id"],
        "scenario_id": alert["scenario_id"],
        "scenario_version": str(alert["scenario_version"]),
        "parameters": _parsed(alert["parameters"]),
    }


def movement(row: Row) -> dict[str, Any]:
    """A movement by its event and its amount as it was booked."""
    return {
        "transaction_id": row["transaction_id"],
        "topic": row["_topic"],
        "partition": row["_partition"],
        "offset": row["_offset"],
        "settled_amount": str(row["settled_amount"]),
        "settled_currency": row["settled_currency"],
    }


def ledger_at(connection: duckdb.DuckDBPyConnection, pin: int) -> dict[str, Any]:
    """Where landing stood at snapshot ``pin``: next offsets, pins of the incremental models, and the newest seal."""
    # AT takes no bound value; the pin is an integer.
    offsets = connection.execute(
        f"""
        select topic, partition, next_offset from lake.ledger.offsets at (version => {int(pin)})
        order by cluster_id, topic, topic_id, partition
        """  # noqa: S608
    ).fetchall()
    # Each build adds a row a model; the last one is how far the model is. That of a whole build is no model's.
    watermarks = connection.execute(
        f"""
        select model, arg_max(pin, built_at) from lake.ledger.watermarks at (version => {int(pin)})
        where model <> ?
        group by model
        order by model
        """,  # noqa: S608
        [BUILD],
    ).fetchall()
    return {
        "offsets": [
            {"topic": topic, "partition": partition, "next_offset": next_offset}
            for topic, partition, next_offset in offsets
        ],
        "watermarks": dict(watermarks),
        "seal": _seal_at(connection, pin),
    }


def _seal_at(connection: duckdb.DuckDBPyConnection, pin: int) -> dict[str, Any] | None:
    """The newest link of the chain of seals at ``pin``; None where nothing was sealed by then."""
    try:
        row = connection.execute(
            f"select max(number), arg_max(chain, number) from lake.ledger.seals at (version => {int(pin)})"  # noqa: S608
        ).fetchone()
    except duckdb.CatalogException:
        return None
    return {"number": row[0], "chain": row[1]} if row is not None and row[0] is not None else None


def encode(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as indented UTF-8 JSON."""
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _parsed(parameters: Any) -> Any:
    """Parameters as data; they come as JSON text."""
    if isinstance(parameters, str):
        try:
            return json.loads(parameters)
        except ValueError:
            return parameters
    return parameters
