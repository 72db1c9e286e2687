"""The cash of a business day as goAML tells it: one report, each movement a transaction with all who took part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.dayfile import CashReport, DayFile
from reports.goaml.parties import Sparse, reporting_entity
from reports.goaml.transactions import transaction
from reports.profile import Profile


def day_records(file: DayFile, profile: Profile, filing_ref: str, reports: Sequence[CashReport]) -> Mapping[str, Any]:
    """The records that a goAML template prints of a day's cash."""
    cash = _as_case(file, reports)
    return {
        "_label": f"filing {filing_ref}",
        "ref": filing_ref,
        "report": profile.report,
        "entity": reporting_entity(file.entity),
        "filed_at": file.filed_on,
        "narrative": None,
        "action": None,
        "transactions": [transaction(cash, profile, row) for row in cash.transactions],
        "activity": None,
        "indicators": _indicators(cash, profile),
        "attachments": [],
    }


def day_variables(file: DayFile, reports: Sequence[CashReport]) -> dict[str, Any]:
    """What the rules may name beside the document itself."""
    rows = [row for report in reports for row in report.transactions]
    amounts = [row["base_amount"] for row in rows if row["base_amount"] is not None]
    return {
        "base_currency": " ".join(sorted({str(report.row["base_currency"]) for report in reports})),
        "filed_on": float(f"{file.filed_on:%Y%m%d}"),
        "business_day": float(f"{file.business_day:%Y%m%d}"),
        "reported_amount": f"{sum(amounts, Decimal(0)).normalize():f}",
        "largest_amount": float(max(amounts, default=Decimal(1))),
    }


def _as_case(file: DayFile, reports: Sequence[CashReport]) -> CaseFile:
    """The day's cash as if it were a case's, with nobody suspected."""
    return CaseFile(
        pin=file.pin,
        entity=file.entity,
        case=Sparse(activity_to=file.business_day),
        alerts=(),
        acts=(),
        parties={key: Sparse({**row, "is_subject": False}) for key, row in file.parties.items()},
        accounts={key: Sparse(row) for key, row in file.accounts.items()},
        transactions=tuple(
            Sparse(row)
            for row in sorted(
                (row for report in reports for row in report.transactions),
                key=lambda row: (row["booked_at"], row["transaction_id"] or ""),
            )
        ),
    )


def _indicators(cash: CaseFile, profile: Profile) -> list[dict[str, str]]:
    """The FIU's words for whose cash it is, each once."""
    codes = profile.codes["indicator"]
    holders = [holder for account in cash.accounts.values() for holder in cash.holders(account)]
    kinds = {_kind(holder, cash.entity["address_country"]) for holder in holders}
    fired = {codes.get(kind, codes["*"]) for kind in kinds} or {codes["*"]}
    return [{"_label": "holders of the day's cash", "code": code} for code in sorted(fired)]


def _kind(holder: Row, country: str | None) -> str:
    if holder["party_type"] == "legal_entity":
        return "cash_of_entity"
    return "cash_of_resident" if holder["residence_country"] == country else "cash_of_outsider"
