"""A day of cash that FinCEN has taken is told again report by report: what changed, under the number it was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from reporting_case import Tables, tables
from reporting_day import DAY, day_tables, moved, person, report
from reporting_lake import Lake, build, reporting_lake

from orchestration.defs.filings.due import outdated
from reports import generate
from reports.errors import ReportError
from reports.outbox import Filing
from reports.schema import folder

CTR = "fincen-ctr"
_NAMES = ("EFilingPriorDocumentNumber", "CorrectsAmendsPriorReportIndicator", "InitialReportIndicator")


@dataclass
class Day:
    """A day of cash whose rows a test changes, and what FinCEN has taken of it."""

    lake: Lake
    rows: Tables
    answered: list[dict[str, Any]] = field(default_factory=list)

    def file(self, reference: str, corrects: str | None = None) -> Filing:
        """The filing from the rows as they are."""
        self.rows["rpt_ctr_filing"] = self.answered
        build(self.lake[0], self.rows)
        return generate(*self.lake, DAY, CTR, reference, corrects=corrects)

    def take(self, filing: Filing, *numbers: str) -> None:
        """FinCEN gives each report of the filing a number, or none and returns it."""
        self.answered.append({
            "business_day": DAY, "filing_ref": filing.filing_ref, "profile": CTR,
            "corrects": filing.manifest.get("corrects"), "regulator_reference": " ".join(numbers) or None,
            "pin": filing.pin,
        })  # fmt: skip

    def earn(self, report_id: str, amount: int) -> None:
        """More cash in a report."""
        for row in self.rows["rpt_ctr_transaction"] + self.rows["rpt_ctr"] + self.rows["rpt_ctr_person"]:
            if row["report_id"] == report_id:
                for column in ("base_amount", "cash_in"):
                    if row.get(column):
                        row[column] += amount

    def add(self, report_id: str, number: int) -> None:
        """Another report."""
        self.rows["rpt_ctr"].append(report(report_id, "12000", "0", 1))
        self.rows["rpt_ctr_transaction"].append(moved(number, "12000", report_id))
        self.rows["rpt_ctr_person"].append(
            person(1, "own_behalf", "P-1", report_id, cash_in=Decimal(12000), accounts_in=["4400121207"])
        )

    def drop(self, report_id: str) -> None:
        for name in ("rpt_ctr", "rpt_ctr_transaction", "rpt_ctr_person"):
            self.rows[name] = [row for row in self.rows[name] if row["report_id"] != report_id]


@pytest.fixture
def day(catalog: tuple[str, Path], tmp_path: Path) -> Iterator[Day]:
    rows = {**tables(), **day_tables()}
    with reporting_lake(catalog, tmp_path, rows) as lake:
        yield Day(lake, rows)


def told(filing: Filing) -> list[tuple[str | None, ...]]:
    """Of each report the number it amends, whether it does, and whether it is a first one."""
    root = etree.parse(filing.path).getroot()
    return [
        tuple(activity.findtext(f".//{{*}}{name}") or None for name in _NAMES) for activity in root.iter("{*}Activity")
    ]


FIRST = (None, None, "Y")


def amends(number: str) -> tuple[str, str, None]:
    return (number, "Y", None)


N1, N2, N3, N4 = (f"3100000000000{number}" for number in range(1, 5))


def test_what_changed_amends_by_number_what_is_new_is_a_first_report_and_the_rest_is_not_told(day: Day) -> None:
    made = day.file("one")
    assert told(made) == [FIRST, FIRST]
    day.take(made, N1, N2)
    day.earn("r-2", 5)
    day.add("r-3", 9)
    correction = day.file("one-C1", "one")
    assert list(outdated(day.lake[0], [made], correction.pin)) == ["one"]
    assert outdated(day.lake[0], [made, correction], correction.pin) == {}
    assert told(correction) == [amends(N2), FIRST]
    assert (correction.manifest["reports"], "gone" in correction.manifest) == (2, False)
    assert [row["transaction_id"] for row in correction.manifest["transactions"]] == ["D-0004", "D-0005", "D-0009"]
    if folder(day.lake[1]):
        assert "valid" in correction.validity
    assert generate(*day.lake, DAY, CTR, "one-C1") == correction, "made again from its pin it is the same"


def test_a_report_is_amended_by_the_number_that_its_last_amendment_was_given(day: Day) -> None:
    made = day.file("one")
    day.take(made, N1, N2)
    day.earn("r-1", 5)
    second = day.file("one-C1", "one")
    assert told(second) == [amends(N1)]
    day.take(second, N3)
    day.earn("r-1", 5)
    day.earn("r-2", 5)
    assert told(day.file("one-C2", "one-C1")) == [amends(N3), amends(N2)]


def test_in_the_place_of_an_amendment_that_was_returned_the_same_is_amended(day: Day) -> None:
    made = day.file("one")
    day.take(made, N1, N2)
    day.earn("r-1", 5)
    day.take(day.file("one-C1", "one"))
    assert told(day.file("one-C2", "one-C1")) == [amends(N1)]


def test_a_day_that_was_returned_is_told_again_whole(day: Day) -> None:
    day.take(day.file("one"))
    assert told(day.file("one-C1", "one")) == [FIRST, FIRST]


def test_who_somebody_is_is_amended_too_and_who_the_bank_is_is_not(day: Day) -> None:
    day.take(day.file("one"), N1, N2)
    day.rows["rpt_reporting_entity"][0]["phone"] = "+1 212 555 0199"
    with pytest.raises(ReportError, match="nothing to correct"):
        day.file("one-C1", "one")
    day.rows["rpt_ctr_person"][0]["tax_id"] = "123-45-6780"
    assert told(day.file("one-C1", "one")) == [amends(N1)]


def test_what_is_no_report_any_more_is_named(day: Day) -> None:
    day.take(day.file("one"), N1, N2)
    day.drop("r-1")
    with pytest.raises(ReportError, match=f"but for {N1}, which are due no more"):
        day.file("one-C1", "one")
    day.earn("r-2", 5)
    correction = day.file("one-C1", "one")
    assert (told(correction), correction.manifest["gone"]) == ([amends(N2)], [N1])


def test_of_reports_that_became_one_that_is_amended_which_told_the_most(day: Day) -> None:
    day.take(day.file("one"), N1, N2)
    for name in ("rpt_ctr_transaction", "rpt_ctr_person"):
        for number, row in enumerate(day.rows[name], 1):
            row.update({"report_id": "r-0"} | ({"person_number": number} if "person_number" in row else {}))
    day.rows["rpt_ctr"] = [report("r-0", "39500.5000", "10500.25", 5)]
    correction = day.file("one-C1", "one")
    assert (told(correction), correction.manifest["gone"]) == ([amends(N1)], [N2])


def test_a_report_that_was_parted_is_amended_by_the_greater_part(day: Day) -> None:
    day.take(day.file("one"), N1, N2)
    day.rows["rpt_ctr_transaction"][2]["report_id"] = "r-9"
    day.rows["rpt_ctr"][0]["cash_in"] -= Decimal("3000.5")
    day.rows["rpt_ctr"].append(report("r-9", "3000.5", "0", 1))
    day.rows["rpt_ctr_person"].append(person(1, "own_behalf", "P-1", "r-9", cash_in=Decimal("3000.5")))
    for amount in day.rows["rpt_ctr_transaction"]:
        amount["base_amount"] += 20000
    assert told(day.file("one-C1", "one")) == [amends(N1), amends(N2), FIRST]


def test_numbers_that_are_not_those_of_its_reports_lead_to_no_amendment(day: Day) -> None:
    day.take(day.file("one"), N1)
    day.earn("r-1", 5)
    with pytest.raises(ReportError, match=r"told 2 reports .* has 1 numbers"):
        day.file("one-C1", "one")


def test_a_day_that_was_taken_is_not_told_again_as_first_reports(day: Day) -> None:
    made = day.file("one")
    day.take(made, N1, N2)
    with pytest.raises(ReportError, match="'vigil file correct one'"):
        day.file("another")
    assert generate(*day.lake, DAY, CTR, "one") == made
