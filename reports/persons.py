"""Parties and accounts of a case as lines that a person reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.words import amount, day, spoken


def person(file: CaseFile, party: Row) -> dict[str, Any]:
    """A party as its ``name`` and ``lines`` of (word, fact); what is not known has no line."""
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


def ledger(file: CaseFile, account: Row) -> list[str]:
    """An account as the cells of a row: number, kind, holders, open from and to, balance at the end."""
    opened = _date(account["opened_on"]) or "not recorded"
    closed = f"–{day(account['closed_on'])}" if account["closed_on"] else ""
    return [
        str(account["account_number"] or account["account_id"]),
        f"{spoken(account['account_type'])}, {account['currency']}, {account['status']}",
        ", ".join(str(party["name"]) for party in file.holders(account)) or "not known",
        f"{opened}{closed}",
        "" if account["balance_at_end"] is None else amount(account["balance_at_end"], account["currency"]),
    ]
