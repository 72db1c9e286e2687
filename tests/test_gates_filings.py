"""The filings' gate tells what was refused and shuts on what was forgotten or altered, however many there are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reporting_case import CASE, tables
from reporting_lake import reporting_lake

from expectations import GateResult, run_gate
from lakehouse.snapshots import latest
from reports.profile import names

AT = datetime(2026, 3, 14, tzinfo=UTC)
MANY = 6_000
PROFILES = names()


def filing(case_id: str, profile: str, **changes: Any) -> dict[str, Any]:
    """A filing as the outbox tells of it."""
    told = {"filing_ref": f"{profile}-{case_id}", "pin": 1, "intact": True, "validity": "valid", "now": None}
    return {"about": case_id, "profile": profile, **told, **changes}


@pytest.fixture
def ask(catalog: tuple[str, Path], tmp_path: Path) -> Any:
    """Asks the gate about ``MANY`` approved cases, and one more that is named last of all."""
    with reporting_lake(catalog, tmp_path, tables()) as (connection, settings):
        pin = latest(connection)
    cases = [*(f"C{number}" for number in range(MANY)), CASE]
    due = [{"about": case, "profile": profile} for case in cases for profile in PROFILES]

    def asked(filings: list[dict[str, Any]], refused: list[dict[str, Any]]) -> dict[str, GateResult]:
        others = [filing(f"C{number}", profile) for number in range(MANY) for profile in PROFILES]
        told = {"due": due, "filings": others + filings, "refused": refused}
        results = run_gate(settings, "filings", pin=pin, at=AT, parameters=told)
        return {result.table: result for result in results}

    return asked


def test_a_refused_case_warns_and_a_forgotten_one_fails(ask: Any) -> None:
    broken = {"about": CASE, "profile": "goaml-5.0.1-str", "broken": ["GA-143 party P-1: birth_date"]}
    results = ask([], [broken])
    refused = results["filings.goaml-5.0.1-str"]
    assert refused.success
    (warning,) = refused.warnings
    assert [(row["about"], row["broken"]) for row in warning.failing_rows] == [(CASE, "GA-143 party P-1: birth_date")]
    (failure,) = results["filings.fincen-sar"].failures
    assert (failure.column, failure.failing_rows[0]["due"], failure.failing_rows[0]["filed"]) == (
        "forgotten",
        MANY + 1,
        MANY,
    )


def test_a_filing_that_is_not_whole_fails(ask: Any) -> None:
    results = ask([filing(CASE, "fincen-sar", intact=False), filing(CASE, "goaml-5.0.1-str", validity="invalid")], [])
    for profile, column in (("fincen-sar", "intact"), ("goaml-5.0.1-str", "validity")):
        (failure,) = results[f"filings.{profile}"].failures
        assert failure.column == column
        assert [row["about"] for row in failure.failing_rows] == [CASE]


def test_a_day_whose_cash_changed_after_it_was_filed_warns(ask: Any) -> None:
    late = filing("2026-03-04", "fincen-ctr", now="3 reports, 50000.0000 in, 0.0000 out")
    results = ask([filing(CASE, profile) for profile in PROFILES] + [late], [])
    assert results["filings.fincen-ctr"].success
    (warning,) = results["filings.fincen-ctr"].warnings
    assert (warning.column, warning.failing_rows[0]["about"]) == ("now", "2026-03-04")
