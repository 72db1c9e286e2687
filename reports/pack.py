"""The pack: a case as a document that a person reads, set by typst."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst

from reports import flow
from reports.casefile import UTC, CaseFile, Row
from reports.chronicle import history, timeline
from reports.fonts import FAMILIES, fonts, shown
from reports.persons import ledger, person
from reports.profile import Profile
from reports.text import one_line
from reports.words import amount, count, day, figure, spoken

_TEMPLATE = Path(__file__).parent / "pack.typ"


def render(profile: Profile, file: CaseFile, filing_ref: str, narrative: str, sha256: str) -> bytes:
    """The pack as PDF; the same arguments give the same bytes.

    Args:
        narrative: paragraphs parted by a blank line.
        sha256: digest of the file for the regulator, which the pack prints.
    """
    content = shown(_content(profile, file, filing_ref, narrative)) | {"sha256": sha256, "fonts": FAMILIES}
    compiler = typst.Compiler(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
    )
    approved = file.case["approved_at"].replace(tzinfo=UTC)
    pdf = compiler.compile(format="pdf", timestamp=int(approved.timestamp()))
    assert isinstance(pdf, bytes)
    return pdf


def _content(profile: Profile, file: CaseFile, filing_ref: str, narrative: str) -> dict[str, Any]:
    case, currency = file.case, file.case["base_currency"]
    return {
        "title": profile.title,
        "report": profile.report,
        "bank": file.entity["name"],
        "ref": filing_ref,
        "case": file.case_id,
        "facts": [
            ["Profile", f"{profile.name}, version {profile.version}"],
            ["Date of the report", day(file.approved_on)],
            ["Activity", _span(case["activity_from"], case["activity_to"])],
            ["Amount involved", f"{amount(case['amount'], currency)} in {count(len(file.transactions), 'movement')}"],
            ["Prepared by", _officer(case, "disposed_by")],
            ["Approved by", _officer(case, "approved_by")],
        ],
        "subjects": [person(file, party) for party in file.subjects],
        "others": [person(file, party) for party in file.parties.values() if not party["is_subject"]],
        "accounts": [ledger(file, account) for account in file.accounts.values()],
        "story": [one_line(paragraph) for paragraph in narrative.split("\n\n") if paragraph.strip()],
        "alerts": [_alert(file, alert) for alert in file.alerts],
        "flow": flow.flow(file),
        "days": flow.days(file),
        "movements": [_movement(file, row) for row in file.transactions],
        "currency": currency,
        "total_in": figure(file.total("credit")),
        "total_out": figure(file.total("debit")),
        "count_in": f"{sum(row['direction'] == 'credit' for row in file.transactions):,}",
        "count_out": f"{sum(row['direction'] == 'debit' for row in file.transactions):,}",
        "timeline": timeline(file),
        "history": history(file),
        "kinds": _kinds(file),
        "zone": file.entity["time_zone"],
        "pin": file.pin,
    }


def _span(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "not recorded"
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def _officer(case: Row, act: str) -> str:
    name = case[f"{act}_name"]
    return f"{name} ({case[act]})" if name else str(case[act])


def _alert(file: CaseFile, alert: Row) -> dict[str, Any]:
    start, end = (file.local(alert[edge]).date() for edge in ("window_start", "window_end"))
    return {
        "title": f"{alert['scenario_name'] or alert['scenario_id']}, version {alert['scenario_version']}",
        "id": alert["alert_id"],
        "window": _span(start, end),
        "detected": f"{file.local(alert['detected_at']):%Y-%m-%d %H:%M:%S}",
        "amount": amount(alert["amount"], file.case["base_currency"]),
        "count": f"{alert['transaction_count']:,}",
        "reason": alert["reason"],
        "typology": alert["typology"],
        "measures": _measures(alert["parameters"]),
    }


def _measures(parameters: str | None) -> list[list[str]]:
    """The measured values and thresholds, which come as JSON, as pairs that a person reads."""
    try:
        found = json.loads(parameters or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return [["as recorded", str(parameters)]]
    return [[spoken(name), _measure(value)] for name, value in found.items() if not isinstance(value, dict | list)]


def _measure(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not known"}[value]
    if isinstance(value, float) and value.is_integer():
        # JSON knows no decimals: a threshold of 5 comes as 5.0.
        value = int(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _kinds(file: CaseFile) -> list[list[str]]:
    """Count and sum of each method's movements, in and out; the largest first."""
    found: dict[str, list[Row]] = {}
    for row in file.transactions:
        found.setdefault(row["method"], []).append(row)
    ranked = sorted(found.items(), key=lambda item: (-sum(map(_base, item[1])), item[0]))
    return [
        [spoken(method).capitalize(), *(cell for side in ("credit", "debit") for cell in _counted(rows, side))]
        for method, rows in ranked
    ]


def _counted(rows: list[Row], side: str) -> list[str]:
    amounts = [_base(row) for row in rows if row["direction"] == side]
    return [f"{len(amounts):,}", figure(sum(amounts, Decimal(0)))] if amounts else ["", ""]


def _base(row: Row) -> Decimal:
    value: Decimal | None = row["base_amount"]
    return value if value is not None else Decimal(0)


def _movement(file: CaseFile, row: Row) -> dict[str, Any]:
    inward = row["direction"] == "credit"
    other = row["debtor_name"] if inward else row["creditor_name"]
    country = row["debtor_country"] if inward else row["creditor_country"]
    who = f"{other}" + (f" ({country})" if country else "") if other and row["method"] != "cash" else ""
    if row["conductor_name"]:
        who = f"{who}; by {row['conductor_name']}" if who else f"by {row['conductor_name']}"
    instructed = (
        amount(row["instructed_amount"], row["instructed_currency"])
        if row["instructed_currency"] != row["base_currency"]
        else ""
    )
    base = figure(row["base_amount"]) if row["base_amount"] is not None else "no rate"
    return {
        "at": f"{file.local(row['booked_at']):%Y-%m-%d %H:%M}",
        "id": row["transaction_id"],
        "account": str((file.accounts.get(row["account_id"]) or {}).get("account_number") or row["account_id"]),
        "how": f"{spoken(row['method'])}, {row['channel']}" if row["channel"] else spoken(row["method"]),
        "where": " ".join(str(row[part]) for part in ("branch_id", "place_town") if row[part]),
        "who": who,
        "text": row["remittance_information"] or "",
        "instructed": instructed,
        "in": base if inward else "",
        "out": "" if inward else base,
    }
