"""The pack: a case as a document that a person reads, set by typst."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import typst

from reports import flow
from reports.casefile import UTC, CaseFile, Row
from reports.profile import Profile
from reports.text import one_line, printable
from reports.words import amount, count, day, figure, spoken

_TEMPLATE = Path(__file__).parent / "pack.typ"
# The fonts that typst brings along. A machine's own would make the bytes depend on the machine.
_FONTS = typst.Fonts(include_system_fonts=False)
_ALONE = '#set page(width: 9pt, height: 9pt)\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n'


def render(profile: Profile, file: CaseFile, filing_ref: str, narrative: str, sha256: str) -> bytes:
    """The pack as PDF; the same arguments give the same bytes.

    Args:
        narrative: paragraphs parted by a blank line.
        sha256: digest of the file for the regulator, which the pack prints.
    """
    data = json.dumps(shown(_content(profile, file, filing_ref, narrative, sha256)), ensure_ascii=False)
    compiler = typst.Compiler(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=_FONTS,
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
    approved = file.case["approved_at"].replace(tzinfo=UTC)
    content = compiler.compile(format="pdf", timestamp=int(approved.timestamp()))
    assert isinstance(content, bytes)
    return content


def _content(profile: Profile, file: CaseFile, filing_ref: str, narrative: str, sha256: str) -> dict[str, Any]:
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
        "subjects": [_party(file, party) for party in file.subjects],
        "others": [_party(file, party) for party in file.parties.values() if not party["is_subject"]],
        "accounts": [_account(file, account) for account in file.accounts.values()],
        "story": [one_line(paragraph) for paragraph in narrative.split("\n\n") if paragraph.strip()],
        "alerts": [_alert(file, alert) for alert in file.alerts],
        "flow": flow.flow(file),
        "days": flow.days(file),
        "movements": [_movement(file, row) for row in file.transactions],
        "currency": currency,
        "total_in": figure(file.total("credit")),
        "total_out": figure(file.total("debit")),
        "zone": file.entity["time_zone"],
        "pin": file.pin,
        "sha256": sha256,
    }


def _span(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "not recorded"
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def _officer(case: Row, act: str) -> str:
    name = case[f"{act}_name"]
    return f"{name} ({case[act]})" if name else str(case[act])


def _party(file: CaseFile, party: Row) -> dict[str, Any]:
    natural = party["party_type"] == "natural_person"
    lines = [
        ("Party", party["party_id"]),
        (
            "Kind",
            spoken(party["party_type"]).capitalize() + (", customer" if party["is_customer"] else ", no customer"),
        ),
        ("Role", ", ".join(spoken(role) for role in sorted(party["roles"] or []))),
        ("Born" if natural else "Incorporated", _date(party["birth_date" if natural else "incorporation_date"])),
        ("Nationality", party["nationality"]),
        ("Legal form", party["legal_form"]),
        ("Register number", party["incorporation_number"]),
        ("Tax number", party["tax_id"]),
        ("Occupation", party["occupation"]),
        ("Source of funds", party["source_of_funds"]),
        *(("Address", _address(address)) for address in party["addresses"] or []),
        *(("Identification", _paper(paper)) for paper in party["identifications"] or []),
        *(("Telephone", phone["number"]) for phone in party["phones"] or []),
        ("Electronic mail", party["email"]),
        ("Customer since", _date(party["onboarded_on"])),
        ("Declared turnover a month", _turnover(party)),
        ("Politically exposed", "yes" if party["pep"] else None),
        ("Accounts", ", ".join(_accounts_of(file, party))),
    ]
    return {"name": party["name"] or "Name not recorded", "lines": [list(line) for line in lines if line[1]]}


def _date(value: date | None) -> str | None:
    return day(value) if value else None


def _turnover(party: Row) -> str | None:
    value: Decimal | None = party["expected_monthly_turnover"]
    return None if value is None else amount(value, party["expected_turnover_currency"] or "")


def _address(address: Row) -> str:
    return ", ".join(
        str(address[part]) for part in ("line", "town", "state", "postal_code", "country") if address[part]
    )


def _paper(paper: Row) -> str:
    issuer = " ".join(str(paper[part]) for part in ("issuing_state", "issuing_country") if paper[part])
    return f"{spoken(paper['type'])} {paper['number']}" + (f" ({issuer})" if issuer else "")


def _accounts_of(file: CaseFile, party: Row) -> list[str]:
    return [
        f"{account['account_number'] or account['account_id']} ({spoken(link['role'])})"
        for account in file.accounts.values()
        for link in account["parties"] or []
        if link["party_id"] == party["party_id"]
    ]


def _account(file: CaseFile, account: Row) -> list[str]:
    opened = _date(account["opened_on"]) or "not recorded"
    closed = f"–{day(account['closed_on'])}" if account["closed_on"] else ""
    return [
        str(account["account_number"] or account["account_id"]),
        f"{spoken(account['account_type'])}, {account['currency']}, {account['status']}",
        ", ".join(str(party["name"]) for party in file.holders(account)) or "not known",
        f"{opened}{closed}",
        "" if account["balance_at_end"] is None else amount(account["balance_at_end"], account["currency"]),
    ]


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


def _measures(parameters: str | None) -> str:
    """The measured values and thresholds, which come as JSON, as a person reads them."""
    try:
        found = json.loads(parameters or "{}")
    except ValueError:
        return str(parameters)
    if not isinstance(found, dict):
        return str(parameters)
    plain = {name: value for name, value in found.items() if not isinstance(value, dict | list)}
    # JSON knows no decimals: a threshold of 5 comes as 5.0.
    tidy = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in plain.items()
    }
    return ", ".join(f"{spoken(name)} {value}" for name, value in tidy.items())


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


def shown(value: Any) -> Any:
    """``value`` (JSON) with its texts as the fonts can print them: other characters by number, such as [U+5F20]."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    return "".join(_glyph(character) for character in printable(value)) if isinstance(value, str) else value


def _glyph(character: str) -> str:
    has_one = ord(character) < 0x250 or _drawn(character) != _drawn("\uffff")
    return character if has_one else f"[U+{ord(character):04X}]"


@cache
def _drawn(character: str) -> bytes:
    """The character by itself as SVG; what no font has is drawn as one and the same empty box."""
    compiler = typst.Compiler((_ALONE + character).encode(), font_paths=_FONTS, ignore_system_fonts=True)
    content = compiler.compile(format="svg")
    assert isinstance(content, bytes)
    return content
