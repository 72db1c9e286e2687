"""A month as the lake knows it at a pin: the rows behind every figure, table and chart of its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from reports.mlro import queries
from reports.read import fetch
from reports.shelf import Scope
from reports.words import day

Rows = list[dict[str, Any]]

# Of the days that a case has been open, the first of each span.
_AGES = ((0, "up to 30 days"), (31, "31 to 60 days"), (61, "61 to 90 days"), (91, "over 90 days"))
PRIORITIES = ("normal", "medium", "high")


@dataclass(frozen=True)
class Month:
    """The rows of each section, as ``queries`` orders them."""

    scope: Scope
    names: Rows
    alerts: Rows
    trend: Rows
    open_cases: Rows
    decided_cases: Rows
    filings: Rows
    deadlines: Rows
    customers: Rows
    overdue: Rows
    subjects: Rows
    countries: Rows
    violations: Rows

    @property
    def end(self) -> str:
        """When the report's days end, as a sentence goes on."""
        return "at the end of the month" if self.scope.as_of is None else f"on {day(self.scope.as_of)}"

    @property
    def this(self) -> dict[str, Any]:
        """The month's row of the trend."""
        return self.trend[-1]

    @property
    def before(self) -> dict[str, Any]:
        """That of the month before."""
        return self.trend[-2]

    def by_scenario(self) -> Rows:
        """The alerts of each scenario, all segments together; the most first."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.alerts:
            sums = found.setdefault(row["scenario_name"], {"scenario_name": row["scenario_name"]})
            for name in (
                "alerts",
                "suppressed",
                "in_cases",
                "decided",
                "reported",
                "not_reported",
                "generated",
                "filed",
                "amount",
            ):
                sums[name] = sums.get(name, 0) + row[name]
        return sorted(found.values(), key=lambda row: (-row["alerts"], row["scenario_name"]))

    def conversion(self) -> Rows:
        """How many of the month's alerts came how far."""
        steps = (
            ("Alerts", "alerts"),
            ("In a case", "in_cases"),
            ("Decided", "decided"),
            ("To report", "reported"),
            ("Filing made", "generated"),
            ("Filed", "filed"),
        )
        total = sum(row["alerts"] for row in self.alerts)
        found = [(words, sum(row[name] for row in self.alerts)) for words, name in steps]
        return [{"step": words, "alerts": number, "share": share(number, total)} for words, number in found]

    def ageing(self) -> Rows:
        """Open cases by age at the end of the month and priority; every pair, also without a case."""
        return [
            {
                "age": words,
                "priority": priority,
                "cases": sum(row["priority"] == priority and first <= row["age"] < after for row in self.open_cases),
            }
            for (first, words), after in zip(_AGES, [*(first for first, _ in _AGES[1:]), 10**9], strict=True)
            for priority in PRIORITIES
        ]

    def deadlines_met(self) -> Rows:
        """Of the deadlines whose last day lay in the month, how many were met, by report and kind."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.deadlines:
            if row["is_of_month"]:
                empty = {"report": row["report"], "kind": row["kind"], "fell_due": 0, "met": 0, "missed": 0, "open": 0}
                sums = found.setdefault((row["report"], row["kind"]), empty)
                sums["fell_due"] += row["state"] != "lapsed"
                sums["met"] += row["state"] == "met"
                sums["missed"] += row["state"] == "missed"
                sums["open"] += row["state"] in ("running", "near", "due")
        rows = [row | {"rate": share(row["met"], row["met"] + row["missed"])} for row in found.values()]
        return sorted(rows, key=lambda row: (row["report"], row["kind"]))

    def decisions(self) -> Rows:
        """The month's decisions by scenario; a case counts for each scenario that fired in it."""
        names = {row["scenario_id"]: row["scenario_name"] for row in self.names}
        found: dict[str, dict[str, Any]] = {}
        for case in self.decided_cases:
            for scenario in case["scenarios"]:
                words = names.get(scenario, scenario)
                sums = found.setdefault(scenario, {"scenario": words, "decided": 0, "reported": 0, "not_reported": 0})
                sums["decided"] += 1
                sums["reported"] += case["disposition"] == "report"
                sums["not_reported"] += case["disposition"] == "no_report"
        rows = [row | {"rate": share(row["not_reported"], row["decided"])} for row in found.values()]
        return sorted(rows, key=lambda row: (-row["decided"], row["scenario"]))


def share(part: int, whole: int) -> float | None:
    """``part`` of ``whole``; None where there is nothing to divide."""
    return part / whole if whole else None


def read(connection: duckdb.DuckDBPyConnection, scope: Scope) -> Month:
    """The month of ``scope``; only schema ``rpt`` is read."""

    def rows(statement: str) -> Rows:
        known = {"pin": scope.pin, "first": scope.first, "last": scope.last}
        return fetch(connection, statement, {name: value for name, value in known.items() if f"${name}" in statement})

    return Month(
        scope=scope,
        names=rows(queries.NAMES),
        alerts=rows(queries.ALERTS),
        trend=rows(queries.TREND),
        open_cases=rows(queries.OPEN_CASES),
        decided_cases=rows(queries.DECIDED_CASES),
        filings=rows(queries.FILINGS),
        deadlines=rows(queries.DEADLINES),
        customers=rows(queries.CUSTOMERS),
        overdue=rows(queries.OVERDUE),
        subjects=rows(queries.SUBJECTS),
        countries=rows(queries.COUNTRIES),
        violations=rows(queries.VIOLATIONS),
    )
