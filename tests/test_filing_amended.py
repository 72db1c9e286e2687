"""A second report of a case names the first by its number: what moved since continues it, else it is corrected."""

from __future__ import annotations

import math
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from reporting_case import casefile, tables

from reports.document import compose, serialise
from reports.narrative import narrative
from reports.profile import load
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"


def told(*earlier: dict[str, Any]) -> dict[str, str | None]:
    """What the report says of an earlier one, of its time and its amounts; it must be sound."""
    rows = tables()
    rows["rpt_str_case"][0]["prior_filings"] = list(earlier)
    file, profile = casefile(rows), load("fincen-sar")
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


def filing(number: int, filed_at: datetime, profile: str = "fincen-sar") -> dict[str, Any]:
    return {
        "profile": profile,
        "filing_ref": f"SAR-{number}",
        "regulator_reference": f"3100000000000{number}",
        "filed_at": filed_at,
    }


def test_the_first_report_is_an_initial_one() -> None:
    whole = {
        "InitialReportIndicator": "Y",
        "SuspiciousActivityFromDateText": "20260302",
        "TotalSuspiciousAmountText": "73101",
    }
    assert told() == whole
    assert told(filing(1, datetime(2026, 3, 4), profile="goaml-5.0.1-str")) == whole, "another regulator's"


def test_what_has_moved_since_continues_the_last_report_with_the_amount_of_both() -> None:
    file, last = casefile(tables()), datetime(2026, 3, 4)
    since = [row for row in file.transactions if row["booked_at"] > last]
    assert 0 < len(since) < len(file.transactions)
    amount = sum((row["base_amount"] for row in since), Decimal(0))
    assert told(filing(1, datetime(2026, 3, 3)), filing(2, last)) == {
        "EFilingPriorDocumentNumber": "31000000000002",
        "ContinuingActivityReportIndicator": "Y",
        "SuspiciousActivityFromDateText": f"{file.local(since[0]['booked_at']):%Y%m%d}",
        "TotalSuspiciousAmountText": str(math.ceil(amount)),
        "CumulativeTotalViolationAmountText": "73101",
    }


def test_nothing_new_corrects_the_earlier_report() -> None:
    assert told(filing(1, datetime(2026, 3, 20))) == {
        "EFilingPriorDocumentNumber": "31000000000001",
        "CorrectsAmendsPriorReportIndicator": "Y",
        "SuspiciousActivityFromDateText": "20260302",
        "TotalSuspiciousAmountText": "73101",
    }
