"""A day's cash as FinCEN's CTR batch tells it: one activity a report, with everybody who is involved in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from reports.casefile import Row
from reports.dayfile import CashReport, DayFile
from reports.fincen_parties import address, filer, full_name, paper, taxpayer


def records(file: DayFile, filing_ref: str, reports: Sequence[CashReport]) -> Mapping[str, Any]:
    """What a FinCEN CTR template prints of some of a day's reports; see ``template.yml`` for the names."""
    told = [_report(file, report) for report in reports]
    return {
        "_label": f"filing {filing_ref}",
        "ref": filing_ref,
        "day": file.business_day,
        "filed_on": file.filed_on,
        "entity": filer(file.entity),
        "contact_name": full_name(file.entity),
        "reports": told,
        "report_count": str(len(told)),
        # Besides the persons: transmitter and its contact, filing institution, contact office, place.
        "party_count": str(sum(len(report["persons"]) + 5 for report in told)),
        "amount": sum((detail["amount"] for report in told for detail in report["details"]), Decimal(0)),
    }


def variables(file: DayFile, reports: Sequence[CashReport]) -> dict[str, Any]:
    """What the rules may name beside the document itself."""
    return {
        "base_currencies": " ".join(sorted({str(report.row["base_currency"]) for report in reports})),
        "filed_on": float(f"{file.filed_on:%Y%m%d}"),
        "business_day": float(f"{file.business_day:%Y%m%d}"),
        "days_to_filing": float((file.filed_on - file.business_day).days),
    }


def _report(file: DayFile, report: CashReport) -> dict[str, Any]:
    details = _details(file, report)
    # Who is told in two roles is involved in the movements of both.
    times: Counter[Any] = Counter()
    for person in report.persons:
        times[person["party_id"] or person["person_number"]] += person["transaction_count"]
    return {
        "_label": report.row["_label"],
        "prior_number": report.prior_number,
        "amending": report.prior_number is not None,
        "initial": report.prior_number is None,
        "aggregated": report.row["is_aggregated"],
        "atm": report.row["has_atm"],
        "cash_in": _summed(detail["amount"] for detail in details if detail["inward"]),
        "cash_out": _summed(detail["amount"] for detail in details if not detail["inward"]),
        "persons": [_person(person, times[person["party_id"] or person["person_number"]]) for person in report.persons],
        "details": details,
    }


def _details(file: DayFile, report: CashReport) -> list[dict[str, Any]]:
    """One row a kind of cash, in whole dollars, each rounded up."""
    local = file.entity["currency_code_local"]
    sums: dict[tuple[bool, str], Decimal] = {}
    for row in report.transactions:
        kind = (row["direction"] == "credit", "" if row["instructed_currency"] == local else row["instructed_currency"])
        sums[kind] = sums.get(kind, Decimal(0)) + row["base_amount"]
    return [
        {
            "_label": report.row["_label"],
            "inward": inward,
            "kind": f"{'foreign_' if currency else ''}{'in' if inward else 'out'}",
            "amount": amount.quantize(Decimal(1), ROUND_CEILING),
            "currency": currency or None,
        }
        for (inward, currency), amount in sorted(sums.items(), key=lambda item: (not item[0][0], item[0][1]))
    ]


def _summed(amounts: Any) -> Decimal | None:
    return sum(amounts, Decimal(0)) or None


def _person(person: Row, times: int) -> dict[str, Any]:
    # Of a conductor who is not on file at most the name is known, in which the family name comes last.
    natural = person["party_type"] != "legal_entity"
    first, _, last = str(person["name"] or "").strip().rpartition(" ")
    known = person["party_id"] is not None
    papers = [paper(person, held) for held in person["identifications"] or []]
    phones = [phone for phone in person["phones"] or [] if re.search(r"\d", phone["number"] or "")]
    surname = (person["last_name"] if known else last) if natural else person["name"]
    given_name = (person["first_name"] if known else first) if natural else None
    return {
        **person,
        "cash_in": person["cash_in"] or None,
        "cash_out": person["cash_out"] or None,
        "multiple": times > 1,
        "is_entity": not natural,
        "unknown_birth": natural and person["birth_date"] is None,
        "birth_date": person["birth_date"] if natural else None,
        "female": natural and person["gender"] == "F",
        "male": natural and person["gender"] == "M",
        "unknown_gender": natural and person["gender"] not in ("F", "M"),
        "surname": surname or None,
        "given_name": given_name or None,
        "unknown_surname": not surname,
        "unknown_given_name": natural and not given_name,
        "address": address(person["_label"], (person["addresses"] or [None])[0]),
        "phone": phones[0] if phones else None,
        "taxpayer": taxpayer(person, natural=natural),
        "paper": papers[0] if papers else None,
        "no_paper": {} if natural and not papers else None,
        "industry_code": None if natural else person["industry_code"],
        "mail": {"address": person["email"]} if person["email"] else None,
        "accounts": [
            {"_label": person["_label"], "number": number, "side": side}
            for side in ("in", "out")
            for number in person[f"accounts_{side}"]
        ],
    }
