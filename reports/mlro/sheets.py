"""The tables of the monthly report: what the workbook holds and the document shows the beginning of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports.mlro.month import Month, share
from reports.words import day
from reports.workbook import Column, Sheet

_CASE = (
    Column("case_id", "Case", width=34),
    Column("subject_name", "Subject", width=30),
    Column("segment", "Segment"),
    Column("scenarios", "Scenarios", width=36),
)


def sheets(month: Month) -> dict[str, Sheet]:
    """By name; the data behind each chart are a sheet, too."""
    scope = month.scope
    over = "" if scope.as_of is None else ", a day that is not over, nor is the month"
    span = f"{scope.bank}, {day(scope.first)} to {day(scope.last)}{over}, as snapshot {scope.pin} knows it"
    end = month.end
    counted = [Column(name, words, "count", total=True) for name, words in _COUNTED.items()]
    amount = Column("amount", f"Amount ({scope.currency})", "amount")
    found = [
        Sheet("Summary", "Summary", span, _summary_columns(), summary(month)),
        Sheet("Alerts", "Alerts by scenario and segment", span,
              [Column("scenario_name", "Scenario", width=36), Column("segment", "Segment"), *counted, amount],
              month.alerts),
        Sheet("Scenarios", "Alerts by scenario", span,
              [Column("scenario_name", "Scenario", width=36), *counted, amount], month.by_scenario()),
        Sheet("Trend", "Twelve months", span,
              [Column("month", "Month", "day"), *(Column(name, words, "count") for name, words in _TREND.items())],
              month.trend),
        Sheet("Conversion", "What became of the month's alerts", span,
              [Column("step", "Step"), Column("alerts", "Alerts", "count"), Column("share", "Of all", "share")],
              month.conversion()),
        Sheet("Ageing", f"Open cases by age {end}", span,
              [Column("age", "Age"), Column("priority", "Priority"), Column("cases", "Cases", "count", total=True)],
              month.ageing()),
        Sheet("Open cases", f"Open cases {end}, the oldest first", span,
              [*_CASE, Column("priority", "Priority", width=10), Column("status", "Status", width=12),
               Column("opened_on", "Opened", "day"), Column("age", "Days open", "count"),
               Column("alerts", "Alerts", "count", total=True), amount], month.open_cases),
        Sheet("Decisions", "Decisions of the month by scenario", span + ". A case counts for each of its scenarios.",
              [Column("scenario", "Scenario", width=36), Column("decided", "Decided", "count"),
               Column("reported", "To report", "count"), Column("not_reported", "No report", "count"),
               Column("rate", "False positives", "share", width=15)], month.decisions()),
        Sheet("Decided cases", "Cases decided in the month", span,
              [*_CASE, Column("disposition", "Decision", width=12), Column("decided_on", "Decided", "day"),
               Column("took", "Days it took", "count"), Column("disposed_by", "Decided by"),
               Column("approved_by", "Approved by"), Column("decision_reason", "Reason", width=50), amount],
              month.decided_cases),
        Sheet("Filings", "Filings with a step in the month", span,
              [Column("filing_ref", "Filing", width=24), Column("profile", "Profile"), Column("status", "Status"),
               Column("generated_on", "Generated", "day"), Column("submitted_on", "Submitted", "day"),
               Column("acknowledged_on", "Acknowledged", "day", width=14), Column("returned_on", "Returned", "day"),
               Column("regulator_reference", "Regulator's number"), Column("case_id", "Case", width=34),
               Column("business_day", "Cash of", "day")], month.filings),
        Sheet("Deadlines met", "Deadlines whose last day lay in the month", span,
              [Column("report", "Report", width=10), Column("kind", "Kind", width=12),
               Column("fell_due", "Fell due", "count", total=True), Column("met", "Met", "count", total=True),
               Column("missed", "Missed", "count", total=True), Column("open", "Open", "count", total=True),
               Column("rate", "Share met", "share")], month.deadlines_met()),
        Sheet("Deadlines", f"Deadlines of the month, and those that were open {end}", span,
              [Column("due_day", "Due", "day"), Column("report", "Report", width=10), Column("kind", "Kind", width=12),
               Column("state", "State", width=10), Column("done_on", "Done", "day"),
               Column("days_left", "Days left", "count"), Column("filing_ref", "Filing", width=24),
               Column("case_id", "Case", width=34), Column("business_day", "Cash of", "day"),
               Column("exemption_id", "Exemption", width=24),
               Column("started_on", "Runs from", "day"), Column("source", "Source", width=50)], month.deadlines),
        Sheet("KYC", f"Customers {end} by risk and segment", span,
              [Column("risk_rating", "Risk", width=10), Column("segment", "Segment"),
               Column("customers", "Customers", "count", total=True),
               Column("overdue", "Review overdue", "count", width=16, total=True),
               Column("incomplete", "Incomplete", "count", total=True)], month.customers),
        Sheet("KYC overdue", "Customers whose review is overdue", span,
              [Column("party_id", "Party"), Column("name", "Name", width=30), Column("risk_rating", "Risk", width=10),
               Column("segment", "Segment"), Column("review_due", "Due", "day"),
               Column("days", "Days overdue", "count"), Column("reviewed_on", "Last review", "day"),
               Column("missing", "Missing", width=36)], month.overdue),
        Sheet("Subjects", f"Subjects of cases opened in the month or open {end}, by amount", span,
              [Column("subject_name", "Subject", width=30), Column("subject_party_id", "Party"),
               Column("segment", "Segment"), Column("country", "Country", width=9),
               Column("risk_rating", "Risk", width=10), Column("cases", "Cases", "count", total=True),
               amount, Column("scenarios", "Scenarios", width=40)], month.subjects),
        Sheet("Countries", "Movements of the month in evidence, by country of the other side", span,
              [Column("country", "Country", width=12), Column("movements", "Movements", "count", total=True),
               Column("received", f"Received ({scope.currency})", "amount", width=20, total=True),
               Column("sent", f"Sent ({scope.currency})", "amount", width=20, total=True)], month.countries),
        Sheet("Violations", "Acts without effect in the month", span,
              [Column("done_on", "Day", "day"), Column("officer_id", "Officer"), Column("officer_name", "Name"),
               Column("act", "Act", width=12), Column("rule", "Rule", width=28),
               Column("detail", "What happened", width=60), Column("case_id", "Case", width=34),
               Column("filing_ref", "Filing", width=24)], month.violations),
    ]  # fmt: skip
    return {sheet.name: sheet for sheet in found}


_COUNTED = {
    "alerts": "Alerts", "suppressed": "Suppressed", "in_cases": "In a case", "decided": "Decided",
    "reported": "To report", "not_reported": "No report", "generated": "Filing made", "filed": "Filed",
}  # fmt: skip
_TREND = {
    "alerts": "Alerts", "opened": "Cases opened", "decided": "Cases decided", "reported": "To report",
    "not_reported": "No report", "generated": "Filings made", "submitted": "Submitted",
    "acknowledged": "Acknowledged", "returned": "Returned",
}  # fmt: skip
_STEPS = {
    "generated": "made", "submitted": "submitted", "acknowledged": "acknowledged by the regulator",
    "returned": "returned by the regulator",
}  # fmt: skip


def summary(month: Month) -> list[dict[str, Any]]:
    """The month in figures, each beside that of the month before where it has one."""
    this, before = month.this, month.before
    overdue, customers = (sum(row[name] for row in month.customers) for name in ("overdue", "customers"))
    rows: list[tuple[str, int | Decimal | None, int | None, float | None]] = [
        ("Alerts raised", this["alerts"], before["alerts"], None),
        ("Alerts suppressed by a decision", sum(row["suppressed"] for row in month.alerts), None, None),
        ("Cases opened", this["opened"], before["opened"], None),
        ("Cases decided", this["decided"], before["decided"], None),
        ("Decided to report", this["reported"], before["reported"], None),
        ("Decided not to report: false positives", this["not_reported"], before["not_reported"],
         share(this["not_reported"], this["decided"])),
        *((f"Filings {words}", this[name], before[name], None) for name, words in _STEPS.items()),
        (f"Cases open {month.end}", len(month.open_cases), None, None),
        ("Oldest open case, in days", max((row["age"] for row in month.open_cases), default=None), None, None),
        (f"Customers {month.end}", customers, None, None),
        ("Customers whose review is overdue", overdue, None, share(overdue, customers)),
        ("Acts without effect", len(month.violations), None, None),
    ]  # fmt: skip
    return [dict(zip(("measure", "this", "before", "rate"), row, strict=True)) for row in rows]


def _summary_columns() -> list[Column]:
    return [
        Column("measure", "Measure", width=42),
        Column("this", "This month", "count"),
        Column("before", "Month before", "count", width=14),
        Column("rate", "Share", "share"),
    ]
