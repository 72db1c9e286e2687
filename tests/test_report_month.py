"""The monthly report: a function of the month and the pin, whose figures are those of the tables."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
import reporting_month as made
from reporting_month import Lake, Tables, lake  # noqa: F401

from lakehouse.errors import SnapshotGone
from lakehouse.snapshots import latest
from reports import mlro
from reports.errors import ReportError
from reports.shelf import Report

MARCH, FEBRUARY = date(2025, 3, 1), date(2025, 2, 1)


def tables() -> Tables:
    return {
        "rpt_mlro_alert": [
            made.alerts(FEBRUARY, "Fan-in", "retail", 4),
            made.alerts(MARCH, "Fan-in", "retail", 6, in_cases=5, suppressed=1, decided=3, reported=1, not_reported=2,
                        generated=1),
            made.alerts(MARCH, "Fan-in", "student", 2),
            made.alerts(MARCH, "Structuring", "retail", 1, decided=1, reported=1, generated=1, filed=1),
        ],
        "rpt_mlro_case": [
            made.case("c-old", date(2024, 11, 30), priority="high"),
            made.case("c-new", date(2025, 3, 31), subject_party_id="P-2", subject_name="张伟"),
            made.case("c-later", date(2025, 4, 1)),
            made.decided("c-1", date(2025, 2, 3), date(2025, 3, 1), "report", scenarios=["fan_in", "structuring"]),
            made.decided("c-2", date(2025, 3, 3), date(2025, 3, 31), "no_report"),
            made.decided("c-3", date(2025, 3, 3), date(2025, 4, 1), "no_report"),
        ],
        "rpt_mlro_filing": [
            made.row("rpt_mlro_filing", filing_ref="SAR-1", profile="fincen-sar", case_id="c-1", status="submitted",
                     generated_on=date(2025, 3, 2), submitted_on=date(2025, 3, 3)),
            made.row("rpt_mlro_filing", filing_ref="SAR-2", profile="fincen-sar", status="acknowledged",
                     generated_on=date(2025, 2, 27), submitted_on=date(2025, 2, 28), returned_on=date(2025, 3, 1),
                     acknowledged_on=date(2025, 3, 2)),
            made.row("rpt_mlro_filing", filing_ref="SAR-0", profile="fincen-sar", status="generated",
                     generated_on=date(2025, 2, 2)),
        ],
        "rpt_mlro_deadline": [
            made.deadline("d-1", date(2025, 3, 1), "met", done_on=date(2025, 3, 1), filing_ref="SAR-1"),
            made.deadline("d-2", date(2025, 3, 31), "missed", done_on=date(2025, 4, 2)),
            made.deadline("d-3", date(2025, 3, 5), "lapsed"),
            made.deadline("d-4", date(2025, 4, 10), "near", days_left=8),
            made.deadline("d-5", date(2025, 4, 10), "running", started_on=date(2025, 4, 1)),
            made.deadline("d-6", date(2025, 4, 10), "met", done_on=date(2025, 3, 20)),
            made.deadline("d-7", date(2025, 2, 28), "missed"),
        ],
        "rpt_mlro_customer": [
            made.customer("P-1", date(2025, 3, 30), risk_rating="high"),
            made.customer("P-2", date(2025, 3, 31)),
            made.customer("P-3", None),
            made.customer("P-4", date(2026, 1, 1), completeness=Decimal("0.5"), missing=["phone"]),
            made.customer("P-5", date(2024, 1, 1), onboarded_on=date(2025, 4, 1)),
        ],
        "rpt_mlro_country": [
            made.row("rpt_mlro_country", month=MARCH, country=country, direction=side, base_currency="USD",
                     movements=2, amount=Decimal(amount))
            for country, side, amount in (("DE", "debit", 700), ("US", "credit", 5000), ("DE", "credit", 40))
        ],
        "rpt_mlro_violation": [
            made.row("rpt_mlro_violation", act_id="D-1", case_id="c-1", rule="four_eyes", act="approved",
                     detail="O-1 approved what the same officer had disposed", officer_id="O-1",
                     done_on=date(2025, 3, 31)),
            made.row("rpt_mlro_violation", act_id="E-1", filing_ref="SAR-9", rule="never_generated", act="submitted",
                     detail="O-3 submitted SAR-9: a step follows", officer_id="O-3", done_on=date(2025, 3, 30)),
        ],
    }  # fmt: skip


def said(report: Report) -> str:
    with closing(pypdfium2.PdfDocument(report.folder / f"{report.name}.pdf")) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def rows(report: Report, sheet: str) -> list[tuple[Any, ...]]:
    """The rows of a sheet below its header, as written, without the totals."""
    with closing(openpyxl.load_workbook(report.folder / f"{report.name}.xlsx")) as book:
        found = list(book[sheet].iter_rows(min_row=5, values_only=True))
    return [row for row in found if row[0] not in (None, "Total")]


def measures(report: Report) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row[1:] for row in rows(report, "Summary")}


def test_the_same_month_and_pin_give_the_same_bytes_whatever_came_later(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    pin = made.build(connection, tables())
    first = mlro.make(connection, settings, date(2025, 3, 17))
    assert first.pin == pin
    made.build(connection, {})
    assert mlro.make(connection, settings, MARCH, pin).sha256 == first.sha256
    assert mlro.make(connection, settings, MARCH).sha256 != first.sha256


def test_the_figures_are_those_of_the_month(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, tables())
    report = mlro.make(connection, settings, MARCH)
    assert measures(report) == {
        "Alerts raised": (9, 4, None),
        "Alerts suppressed by a decision": (1, None, None),
        "Cases opened": (3, 1, None),
        "Cases decided": (2, 0, None),
        "Decided to report": (1, 0, None),
        "Decided not to report: false positives": (1, 0, 0.5),
        "Filings made": (1, 2, None),
        "Filings submitted": (1, 1, None),
        "Filings acknowledged by the regulator": (1, 0, None),
        "Filings returned by the regulator": (1, 0, None),
        # Decided on the first of April, so still open at the end of March.
        "Cases open at the end of the month": (3, None, None),
        "Oldest open case, in days": (121, None, None),
        "Customers at the end of the month": (4, None, None),
        # Due on the 31st is not overdue on it; without any day it is.
        "Customers whose review is overdue": (2, None, 0.5),
        "Acts without effect": (2, None, None),
    }
    assert rows(report, "Conversion") == [
        ("Alerts", 9, 1), ("In a case", 8, pytest.approx(8 / 9)), ("Decided", 4, pytest.approx(4 / 9)),
        ("To report", 2, pytest.approx(2 / 9)), ("Filing made", 2, pytest.approx(2 / 9)),
        ("Filed", 1, pytest.approx(1 / 9)),
    ]  # fmt: skip
    assert [row for row in rows(report, "Ageing") if row[2]] == [
        ("up to 30 days", "normal", 2),
        ("over 90 days", "high", 1),
    ]
    assert rows(report, "Decisions") == [("Fan-in", 2, 1, 1, 0.5), ("Structuring", 1, 1, 0, 0)]
    # One lapsed; one was met before the month ended, one began after it, one fell due in the month before.
    assert rows(report, "Deadlines met") == [("SAR", "filing", 2, 1, 1, 0, 0.5)]
    assert [(row[0].date(), row[3]) for row in rows(report, "Deadlines")] == [
        # What was due in February and is not filed stays.
        (date(2025, 2, 28), "missed"), (date(2025, 3, 1), "met"), (date(2025, 3, 5), "lapsed"),
        (date(2025, 3, 31), "missed"),
        (date(2025, 4, 10), "near"),
    ]  # fmt: skip
    assert [row[0] for row in rows(report, "Filings")] == ["SAR-2", "SAR-1"]
    assert [(row[3], row[-1]) for row in rows(report, "Violations")] == [("submitted", "SAR-9"), ("approved", None)]
    assert [row[:2] + row[5:7] for row in rows(report, "Subjects")] == [
        ("Dana Whitfield", "P-1", 3, 3601.5),
        ("张伟", "P-2", 1, 1200.5),
    ]
    assert rows(report, "Countries") == [("US", 2, 5000, 0), ("DE", 4, 40, 700)]
    assert [row[0] for row in rows(report, "KYC overdue")] == ["P-1", "P-3"]
    assert len(rows(report, "Trend")) == 12


def test_the_document_tells_the_month(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, tables())
    told = said(mlro.make(connection, settings, MARCH))
    for words in (
        "March 2025",
        "Fan-in",
        "1 50.0% Decided not to report: false positives",
        "张伟",
        "SAR-1",
        "four_eyes",
        "Sheet “Trend”",
    ):
        assert words.lower() in told.lower(), words


def test_a_month_that_is_not_over_is_told_as_of_the_day_of_the_build(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, tables(), today=date(2025, 3, 31))
    assert mlro.make(connection, settings, FEBRUARY).as_of is None
    report = mlro.make(connection, settings, MARCH)
    assert (report.name, report.last) == ("mlro-2025-03-as-of-2025-03-31", date(2025, 3, 31))
    pin = made.build(connection, tables(), today=date(2025, 3, 30))
    report = mlro.make(connection, settings, MARCH)
    assert report.folder.name == "mlro-2025-03-as-of-2025-03-30"
    told = said(report)
    assert "march 2025, as of 30 march 2025" in told.lower()
    assert "That day is not over, nor is the month" in told
    assert "end of the month" not in told
    # The case opened on the 31st is not told; that decided on it is open.
    assert measures(report)["Cases open on 30 March 2025"] == (3, None, None)
    manifest = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["to"], manifest["as_of"]) == ("2025-03-30", "2025-03-30")
    with pytest.raises(ReportError, match=f"snapshot {pin} is of 2025-03-30"):
        mlro.make(connection, settings, date(2025, 4, 1))


def test_rows_that_tie_stand_in_one_order(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    renamed = [made.alerts(FEBRUARY, "Fan-in", segment, 1) for segment in "ab"]
    renamed[0]["scenario_name"] = "Fan-in, renamed"
    cases = [made.decided(f"c-{n}", MARCH, MARCH, "report", subject_party_id=None, subject_name=f"N-{n}") for n in "ab"]
    due = [made.deadline(f"d-{n}", MARCH, "met", kind=kind) for n, kind in (("a", "filing"), ("b", "continuing"))]
    told = {"rpt_mlro_alert": renamed, "rpt_mlro_case": cases, "rpt_mlro_deadline": due}
    made.build(connection, told)
    reports = [mlro.make(connection, settings, MARCH)]
    made.build(connection, {model: listed[::-1] for model, listed in told.items()})
    reports.append(mlro.make(connection, settings, MARCH))
    for report in reports:
        assert rows(report, "Decisions")[0][0] == "Fan-in, renamed"
        assert [row[0] for row in rows(report, "Subjects")] == ["N-a", "N-b"]
        assert [row[2] for row in rows(report, "Deadlines")] == ["continuing", "filing"]


def test_a_month_without_anything_says_so(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, {})
    report = mlro.make(connection, settings, date(2019, 2, 1))
    assert "No case was open at the end of the month." in said(report)
    assert rows(report, "Alerts") == []
    assert measures(report)["Decided not to report: false positives"] == (0, 0, None)


def test_names_of_any_kind_are_printed_as_they_are(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    names = ["N" * 2000, '=HYPERLINK("http://example.com")', "محمد\x07 بن\u202e علي", "#[*_$`\\ 😀"]
    listed = [made.case(f"c-{n}", MARCH, subject_name=name, subject_party_id=f"P-{n}") for n, name in enumerate(names)]
    made.build(connection, {"rpt_mlro_case": listed})
    report = mlro.make(connection, settings, MARCH)
    assert [row[1] for row in rows(report, "Open cases")] == [names[0], names[1], "محمد بن\u202e علي", names[3]]
    told = said(report)
    assert told.count("N") >= 2000
    assert names[1] in told


def test_the_manifest_names_the_files_and_is_written_last(lake: Lake) -> None:  # noqa: F811
    connection, settings = lake
    pin = made.build(connection, tables())
    report = mlro.make(connection, settings, MARCH)
    told = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))
    assert (told["report"], told["from"], told["to"], told["pin"]) == ("mlro-2025-03", "2025-03-01", "2025-03-31", pin)
    assert {str(report.folder / name): each["sha256"] for name, each in told["files"].items()} == report.sha256
    assert sorted(path.name for path in report.folder.iterdir()) == [
        "manifest.json", "mlro-2025-03.pdf", "mlro-2025-03.xlsx",
    ]  # fmt: skip


def test_a_pin_that_is_not_there_and_a_bank_that_is_not_are_named(lake: Lake, tmp_path: Path) -> None:  # noqa: F811
    connection, settings = lake
    made.build(connection, {})
    with pytest.raises(SnapshotGone, match="999999"):
        mlro.make(connection, settings, MARCH, 999999)
    connection.execute("delete from lake.rpt.rpt_reporting_entity")
    with pytest.raises(ReportError, match="0 reporting entities"):
        mlro.make(connection, settings, MARCH, latest(connection))
    assert not (tmp_path / "reports").exists()
