"""Officers at work: what a compliance desk decides on candidate cases, as events of compliance.decisions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from contracts.decisions import TOPIC, decision
from simulator.business_calendar import ZONE, BusinessCalendar, day_number, day_of
from simulator.wire import Batch, messages

CANDIDATE = "candidate"
# As the marts word a case's priority, the most pressing first.
PRIORITIES = ("high", "medium", "normal")


@dataclass(frozen=True)
class Officer:
    """An officer by role, not by name: the simulator invents no people."""

    officer_id: str
    officer_name: str
    officer_role: str


ANALYST = Officer("ana-01", "Analyst 01", "analyst")
INVESTIGATORS = (
    Officer("inv-01", "Investigator 01", "investigator"),
    Officer("inv-02", "Investigator 02", "investigator"),
    Officer("inv-03", "Investigator 03", "investigator"),
)
MLRO = Officer("mlro-01", "Money Laundering Reporting Officer 01", "mlro")
NO_REPORT = {
    "structuring": "Deposits match the declared takings of a cash-intensive business; receipts seen.",
    "rapid_movement": "Credit and onward payments explained by a documented purchase.",
    "mule_account": "Payers are relatives of the customer; purpose confirmed.",
    "fan_in": "Payers have a contract with the customer; invoices seen.",
    "fan_out": "Payees are employees or suppliers of the customer; payroll seen.",
    "cycle": "Payments between associated businesses, each backed by an invoice.",
    "funnel_account": "Deposits made for the customer by its own staff at several sites.",
}


def decide(cases: pl.DataFrame | Iterable[Mapping[str, Any]], at: datetime, report_share: float = 0.1) -> pl.DataFrame:
    """Decisions on the candidate cases of ``str.cases`` whose last alert is not later than ``at`` (naive UTC).

    The officers see what the lake shows them and nothing of the planted truth: the cases of highest priority and
    amount, a ``report_share`` of them and at least one, are to be reported; each of these is approved by the money
    laundering reporting officer, who never disposes of a case. Times follow from the case alone: business hours in New
    York after its last alert. So the same cases give the same events whenever this runs.

    ``cases`` needs case_id, status, priority, last_alert_at, amount, scenarios and transaction_count; base_currency is
    used where present. Returns fields of compliance.decisions in order of decided_at.
    """
    rows = cases.to_dicts() if isinstance(cases, pl.DataFrame) else [dict(case) for case in cases]
    due = [case for case in rows if case["status"] == CANDIDATE and case["last_alert_at"] <= at]
    ranked = sorted(due, key=_rank)
    reported = max(1, math.floor(len(ranked) * report_share))
    events = [event for rank, case in enumerate(ranked) for event in _acts(case, report=rank < reported)]
    schema = dict.fromkeys(
        (
            *("decision_id", "case_id", "act", "officer_id", "officer_name", "officer_role"),
            *("assigned_to", "disposition", "reason"),
        ),
        pl.String,
    )
    frame = pl.DataFrame(events, schema={**schema, "decided_at": pl.Datetime("us")})
    return frame.sort("decided_at", "case_id", maintain_order=True)


def as_messages(decisions: pl.DataFrame) -> Batch:
    """The messages of ``decide``'s events, to be produced."""
    return {TOPIC: messages(TOPIC, decisions)}


def _rank(case: Mapping[str, Any]) -> tuple[int, Decimal, str]:
    return PRIORITIES.index(case["priority"]), -Decimal(case["amount"]), case["case_id"]


def _acts(case: Mapping[str, Any], *, report: bool) -> list[dict[str, Any]]:
    """Opened and assigned by an analyst, noted and disposed by an investigator, a report approved by the MLRO."""
    number = int(hashlib.sha256(str(case["case_id"]).encode()).hexdigest(), 16)
    investigator = INVESTIGATORS[number % len(INVESTIGATORS)]
    minute = number // 16 % 50
    last: datetime = case["last_alert_at"]
    scenarios = ", ".join(sorted(case["scenarios"]))
    facts = (
        f"{case['transaction_count']} transactions, {Decimal(case['amount']):,.2f} {case.get('base_currency') or 'USD'}"
    )
    acts = [
        _act(case, "opened", ANALYST, _office_time(last, 1, 9, minute), reason=f"Alerts of {scenarios}: {facts}."),
        _act(case, "assigned", ANALYST, _office_time(last, 1, 10, minute), assigned_to=investigator.officer_id),
        _act(
            case,
            "noted",
            investigator,
            _office_time(last, 2, 11, minute),
            reason="Account statement and due-diligence file of the subject reviewed.",
        ),
    ]
    disposed = _office_time(last, 4, 14, minute)
    if report:
        reason = (
            f"No lawful purpose found for {facts} under {scenarios}; the activity does not fit the declared profile."
        )
        acts.append(_act(case, "disposed", investigator, disposed, disposition="report", reason=reason))
        approved = _office_time(last, 5, 15, minute)
        acts.append(_act(case, "approved", MLRO, approved, reason="Facts and reasoning support a report."))
    else:
        known = [NO_REPORT[scenario] for scenario in sorted(case["scenarios"]) if scenario in NO_REPORT]
        reason = known[0] if known else "Activity is in line with the customer's declared profile."
        acts.append(_act(case, "disposed", investigator, disposed, disposition="no_report", reason=reason))
    return acts


def _act(case: Mapping[str, Any], act: str, officer: Officer, when: datetime, **more: str) -> dict[str, Any]:
    who = officer.officer_id, officer.officer_role
    return decision(case["case_id"], act, *who, when, officer_name=officer.officer_name, **more)


def _office_time(after: datetime, business_days: int, hour: int, minute: int) -> datetime:
    """A time on New York's clocks, ``business_days`` business days after a moment; both naive UTC."""
    zone = ZoneInfo(ZONE)
    today: date = after.replace(tzinfo=UTC).astimezone(zone).date()
    calendar = BusinessCalendar(today, today + timedelta(days=14))
    day = day_of(calendar.add(day_number(today), business_days))
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC).replace(tzinfo=None)
