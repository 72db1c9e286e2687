"""An approved act on an exemption as rpt_doep holds it: made for tests, with every column that a filing reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
from reporting_case import company, tables

from contracts import contract_for
from reports.exemptfile import ExemptFile

PARTY = (
    *("party_type", "name", "first_name", "last_name", "tax_id", "tax_id_country", "occupation", "industry_code"),
    *("addresses", "phones", "email"),
)
WORDS = (
    *("designation_id", "exemption_id", "kind", "jurisdiction", "party_id", "basis", "doing_business_as"),
    *("proposed_by", "proposed_by_name", "approved_by", "approved_by_name", "reason", "not_eligible"),
    "prior_document_number",
)
PLACE = {"topic": "varchar", "partition": "integer", "offset": "bigint"}
COLUMNS = {
    **dict.fromkeys(WORDS, "varchar"),
    **{field.name: field.duckdb_type for field in contract_for("bank.parties").fields if field.name in PARTY},
    "effective_on": "date",
    "approved_at": "timestamp",
    **{f"{whose}_{name}": kind for whose in ("", "_party") for name, kind in PLACE.items()},
}
BUSINESS: dict[str, Any] = {
    "party_type": "legal_entity",
    "name": "Riverside Grocers LLC",
    "first_name": None,
    "last_name": None,
    "tax_id": "98-7654321",
    "tax_id_country": "US",
    "occupation": None,
    "industry_code": "445110",
    "addresses": [
        {"type": "business", "line": "7 River Road", "town": "Troy", "state": "NY", "postal_code": "12180",
         "country": "US"}
    ],
    "phones": [{"type": "business", "number": "+1 518 555 0177"}],
    "email": "office@riverside-grocers.example",
}  # fmt: skip


def designation(designation_id: str = "X-1", **changes: Any) -> dict[str, Any]:
    """A business that was designated as a non-listed one, by one officer and approved by another."""
    return {
        "designation_id": designation_id, "exemption_id": "E-1", "kind": "initial", "jurisdiction": "US",
        "party_id": company("P-9")["party_id"], "basis": "non_listed_business", "doing_business_as": "River Foods",
        "proposed_by": "inv-01", "proposed_by_name": "Investigator 01", "approved_by": "mlro-01",
        "approved_by_name": "Money Laundering Reporting Officer 01", "reason": "Daily takings of three shops.",
        "not_eligible": None, "prior_document_number": None, **BUSINESS, "effective_on": date(2026, 3, 2),
        "approved_at": datetime(2026, 3, 9, 14), "_topic": "compliance.exemptions", "_partition": 0, "_offset": 4,
        "_party_topic": "bank.parties", "_party_partition": 1, "_party_offset": 8, **changes,
    }  # fmt: skip


def exemptfile(row: dict[str, Any] | None = None, entity: dict[str, Any] | None = None) -> ExemptFile:
    """The file of a designation without a lake."""
    told = row or designation()
    return ExemptFile(
        pin=7,
        entity={**tables()["rpt_reporting_entity"][0], **(entity or {}), "_label": "reporting entity"},
        designation={**told, "_label": f"act {told['designation_id']}"},
    )


def store_exemption(connection: duckdb.DuckDBPyConnection, *rows: dict[str, Any]) -> None:
    """Make rpt_doep in the attached lake, with ``rows`` and nothing else in it."""
    listed = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"create or replace table lake.rpt.rpt_doep ({listed})")
    for row in rows:
        connection.execute(
            f"insert into lake.rpt.rpt_doep values ({', '.join('?' for _ in COLUMNS)})", [row[name] for name in COLUMNS]
        )
