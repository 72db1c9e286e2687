"""A second report of a case names the first by its number: what moved since continues it, else it is corrected."""

from __future__ import annotations

import math
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from filing_changes import earlier
from reporting_case import casefile, tables

from reports.document import compose, serialise
from reports.narrative import narrative
from reports.profile import load
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
WHOLE = {"SuspiciousActivityFromDateText": "20260302", "TotalSuspiciousAmountText": "73101"}
EVERYTHING = [row["transaction_id"] for row in casefile(tables()).transactions]


def told(*before: dict[str, Any], corrects: str | None = None, known: list[str] | None = None) -> dict[str, str | None]:
    """What the report says of earlier ones, of its time and its amounts; it must be sound.

    Args:
        known: the movements that the case had at the earlier filings' pins; all if None.
    """
    rows = tables()
    rows["rpt_str_case"][0]["prior_filings"] = list(before)
    there = frozenset(EVERYTHING if known is None else known)
    file = casefile(rows, corrects=corrects, known_then={filing["filing_ref"]: there for filing in before})
    profile = load("fincen-sar")
    root, violations = compose(profile, file, "REF-2", narrative(file))
    assert violations == []
    assert verify_schema(serialise(root), profile, SCHEMAS).valid is (True if SCHEMAS.is_dir() else None)
    names = (
        "EFilingPriorDocumentNumber InitialReportIndicator ContinuingActivityReportIndicator "
        "CorrectsAmendsPriorReportIndicator SuspiciousActivityFromDateText TotalSuspiciousAmountText "
        "CumulativeTotalViolationAmountText"
    )
    return {
        name: found.text
        for name in names.split()
        if (found := root.find(f".//{{www.fincen.gov/base}}{name}")) is not None
    }


def amending(number: str) -> dict[str, str]:
    return {"EFilingPriorDocumentNumber": number, "CorrectsAmendsPriorReportIndicator": "Y", **WHOLE}


FIRST = earlier()
SECOND = earlier(filing_ref="SAR-2", regulator_reference="31000123456790", pin=5)
REFUSED = earlier(filing_ref="SAR-1-C1", regulator_reference=None, corrects="SAR-1", pin=5)


def test_the_first_report_is_an_initial_one() -> None:
    whole = {"InitialReportIndicator": "Y", **WHOLE}
    assert told() == whole
    assert told(earlier(profile="goaml-5.0.1-str")) == whole, "another regulator's"


def test_what_has_moved_since_continues_the_last_report_with_the_amount_of_both() -> None:
    known, since = EVERYTHING[:4], casefile(tables()).transactions[4:]
    amount = sum((row["base_amount"] for row in since), Decimal(0))
    assert told(FIRST, SECOND, known=known) == {
        "EFilingPriorDocumentNumber": "31000123456790",
        "ContinuingActivityReportIndicator": "Y",
        "SuspiciousActivityFromDateText": f"{casefile(tables()).local(since[0]['booked_at']):%Y%m%d}",
        "TotalSuspiciousAmountText": str(math.ceil(amount)),
        "CumulativeTotalViolationAmountText": "73101",
    }


def test_nothing_new_corrects_the_earlier_report() -> None:
    assert told(FIRST) == amending("31000123456789")


def test_what_landed_late_of_the_time_that_was_told_corrects_the_report() -> None:
    assert told(FIRST, known=EVERYTHING[1:]) == amending("31000123456789")


def test_a_correction_stays_one_whatever_has_moved_and_names_what_it_corrects() -> None:
    assert told(FIRST, corrects="SAR-1", known=EVERYTHING[:4]) == amending("31000123456789")
    assert told(FIRST, SECOND, corrects="SAR-1", known=EVERYTHING[:4]) == amending("31000123456789")


def test_in_the_place_of_a_correction_that_was_returned_the_same_is_corrected() -> None:
    assert told(FIRST, REFUSED, corrects="SAR-1-C1", known=EVERYTHING[:4]) == amending("31000123456789")


def test_in_the_place_of_a_first_report_that_was_returned_stands_a_first_report() -> None:
    returned = earlier(regulator_reference=None)
    assert told(returned, corrects="SAR-1", known=[]) == {"InitialReportIndicator": "Y", **WHOLE}


def test_in_the_place_of_a_continuation_that_was_returned_stands_one() -> None:
    returned = earlier(filing_ref="SAR-2", regulator_reference=None)
    found = told(FIRST, returned, corrects="SAR-2", known=EVERYTHING[:4])
    assert (found["EFilingPriorDocumentNumber"], found["ContinuingActivityReportIndicator"]) == ("31000123456789", "Y")
