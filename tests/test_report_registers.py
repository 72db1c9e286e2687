"""Registers of a period: what lies in it, once, with its movements; and nothing else."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import reporting_month as made
from reporting_month import Lake, lake  # noqa: F401

from reports import register
from reports.errors import ReportError
from reports.shelf import Report

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)


def rows(report: Report, sheet: str, *places: int) -> list[tuple[Any, ...]]:
    with closing(openpyxl.load_workbook(report.folder / f"{report.name}.xlsx")) as book:
        found = list(book[sheet].iter_rows(min_row=5, values_only=True))
    return [tuple(row[place] for place in places) for row in found if row[0] not in (None, "Total")]


def totals(report: Report, sheet: str, *places: int) -> tuple[Any, ...]:
    """The row of totals, as numbers or formulas."""
    with closing(openpyxl.load_workbook(report.folder / f"{report.name}.xlsx")) as book:
        (found,) = (row for row in book[sheet].iter_rows(min_row=5, values_only=True) if row[0] == "Total")
    return tuple(found[place] for place in places)


def alert(alert_id: str, at: datetime, name: str = "Dana Whitfield") -> made.Tables:
    return {
        "rpt_structuring_alert": [
            made.row(
                "rpt_structuring_alert", alert_id=alert_id, scenario_id="structuring", scenario_version=1,
                scenario_name="Structuring", party_id="P-1", name=name, segment="retail", jurisdiction="US",
                base_currency="USD", reason="3 deposits", status="open", amount=Decimal(18800),
                reporting_threshold=Decimal(10000), transaction_count=2, window_start=at, detected_at=at,
            )
        ],
        "rpt_structuring_movement": [
            made.row(
                "rpt_structuring_movement", alert_id=alert_id, transaction_id=f"T-{number}", party_id="P-1",
                person_role="holder", account_number="4400121207", direction="credit", conductor_name=name,
                branch_id=f"B-{number}", base_currency="USD", base_amount=Decimal(9400), below_threshold=Decimal(600),
                booked_at=at, business_day=at.date(), _topic="bank.transactions", _partition=0, _offset=number,
            )
            for number in (1, 2)
        ],
    }  # fmt: skip


def together(*parts: made.Tables) -> made.Tables:
    return {model: [row for part in parts for row in part.get(model, [])] for part in parts for model in part}


def test_the_register_holds_the_cash_of_its_business_days(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    parts = (
        made.cash("r-0", date(2025, 2, 28), "20000"),
        made.cash("r-1", FIRST, "12000.5", "=cmd|calc"),
        made.cash("r-2", LAST, "11000", "张伟" * 1000),
        made.cash("r-3", date(2025, 4, 1), "30000"),
    )
    pin = made.build(connection, together(*parts))
    report = register.ctr(connection, settings, FIRST, LAST)
    assert (report.name, report.pin) == ("ctr-2025-03-01-2025-03-31", pin)
    assert rows(report, "Register", 0, 1, 7) == [
        (datetime(2025, 3, 1), "=cmd|calc", 12000.5),
        (datetime(2025, 3, 31), "张伟" * 1000, 11000),
    ]
    assert rows(report, "Movements", 0, 6, 14, 15, 16) == [
        ("r-1", 12000.5, "bank.transactions", 0, 7),
        ("r-2", 11000, "bank.transactions", 0, 7),
    ]
    made.build(connection, {})
    assert register.ctr(connection, settings, FIRST, LAST, pin).sha256 == report.sha256


def test_the_structuring_workbook_counts_a_movement_of_two_alerts_once_for_its_person(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    at = datetime(2025, 3, 31, 23, 59)
    made.build(connection, together(alert("a-1", at), alert("a-2", at), alert("a-3", datetime(2025, 4, 1))))
    report = register.structuring(connection, settings, FIRST, LAST)
    assert rows(report, "Alerts", 2, 7, 15) == [("Dana Whitfield", 18800, "a-1"), ("Dana Whitfield", 18800, "a-2")]
    assert len(rows(report, "Movements", 0)) == 4
    assert rows(report, "Persons", 0, 2, 3, 5) == [("Dana Whitfield", 18800, 2, 2)]


def test_totals_count_a_movement_of_several_rows_once_and_say_so(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    brought = together(made.cash("r-1", FIRST, "12000"), made.cash("r-2", FIRST, "12000", "Priya Nadkarni"))
    brought["rpt_ctr_movement"][1]["transaction_id"] = "T-r-1"
    at = datetime(2025, 3, 31, 23, 59)
    made.build(connection, together(brought, alert("a-1", at), alert("a-2", at)))
    report = register.ctr(connection, settings, FIRST, LAST)
    assert totals(report, "Register", 7, 10) == (12000, 1)
    assert totals(report, "Movements", 6) == (12000,)
    with closing(openpyxl.load_workbook(report.folder / f"{report.name}.xlsx")) as book:
        assert all("Totals count each movement once" in str(page["A2"].value) for page in book)
    report = register.structuring(connection, settings, FIRST, LAST)
    assert totals(report, "Alerts", 7, 9) == (18800, 2)
    assert totals(report, "Movements", 6) == (18800,)
    assert totals(report, "Persons", 2, 3) == (18800, 2)


def test_a_period_that_is_not_over_says_as_of_when(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    parts = (made.cash("r-1", FIRST, "12000"), made.cash("r-2", LAST, "11000"))
    made.build(connection, together(*parts), today=date(2025, 3, 30))
    report = register.ctr(connection, settings, FIRST, LAST)
    assert report.name == "ctr-2025-03-01-2025-03-31-as-of-2025-03-30"
    assert len(rows(report, "Register", 0)) == 1


@pytest.mark.parametrize("make", [register.ctr, register.structuring])
def test_a_period_without_anything_gives_empty_sheets(make: Any, lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, {})
    report = make(connection, settings, FIRST, FIRST)
    assert rows(report, "Movements", 0) == []
    assert {path.name for path in report.folder.iterdir()} == {f"{report.name}.xlsx", "manifest.json"}


def test_a_period_that_ends_before_it_begins_is_refused(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    with pytest.raises(ReportError, match="give the earlier day first"):
        register.ctr(connection, settings, LAST, FIRST)
