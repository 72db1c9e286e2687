"""Deadlines as the days go by, and the alarms that follow them; a missed one stays."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import marts_lake
import pytest
from landed_bank import Bank, at
from marts_lake import BuiltLake, DecidedLake

from cases.holiday_calendars import COUNTRIES, calendar_of, rows
from lakehouse.build import PROJECT
from orchestration.defs.cases.checks import deadlines_missed, deadlines_near, violations_settled

decided = marts_lake.decided

STATES = """
    select subject_id, deadlines.kind, deadlines.state from lake.str.deadlines as deadlines
    join lake.str.cases as cases using (case_id) where deadlines.report = 'SAR' order by all
"""
# Determined in the middle of February, and in January.
LATER, EARLIER = ("P-hirer", "P-splitter", "A-funnel"), "A-mule"


@pytest.fixture
def lake(decided: DecidedLake, monkeypatch: pytest.MonkeyPatch) -> BuiltLake:
    """The lake with officers' decisions, where the checks find it."""
    settings = decided.lake.settings
    assert settings.catalog
    monkeypatch.setenv("VIGIL_HOME", str(settings.home))
    monkeypatch.setenv("VIGIL_DATA_PATH", settings.lake_data_path)
    monkeypatch.setenv("VIGIL_CATALOG", settings.catalog)
    return decided.lake


def on(lake: BuiltLake, day: date) -> dict[tuple[str, str], str]:
    """The states of the cases' deadlines on a day, by subject and kind."""
    then = replace(lake, settings=lake.settings.model_copy(update={"today": day}))
    selected = ("--select", "stg_filing_events", "filing_steps", "int_today", "deadlines", "case_violations")
    then.dbt(then.newest(), "build", *selected, "--exclude-resource-types", "test", "unit_test")
    return {(subject, kind): state for subject, kind, state in lake.rows(STATES)}


def told(check: dg.AssetChecksDefinition) -> tuple[bool, dg.AssetCheckSeverity, str]:
    result = check()
    assert isinstance(result, dg.AssetCheckResult)
    return result.passed, result.severity, result.description or ""


def test_a_report_comes_near_its_day_falls_due_and_is_missed(lake: BuiltLake) -> None:
    assert on(lake, date(2026, 3, 11)) == {
        (EARLIER, "filing"): "missed",
        **dict.fromkeys(((subject, "filing") for subject in LATER), "running"),
    }
    assert told(deadlines_near)[:2] == (True, dg.AssetCheckSeverity.WARN)
    for day, state in ((12, "near"), (17, "due"), (18, "missed")):
        found = on(lake, date(2026, 3, day))
        assert {found[subject, "filing"] for subject in LATER} == {state}
        passed, _, text = told(deadlines_near)
        assert passed is (state == "missed")
        assert passed or "(2026-03-17)" in text
    passed, severity, text = told(deadlines_missed)
    assert (passed, severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "(2026-03-17)" in text
    assert "(2026-02-13)" in text


def test_what_is_filed_late_stays_missed(lake: BuiltLake) -> None:
    cases = dict(lake.rows("select subject_id, case_id from lake.str.cases"))
    acts = Bank()
    for subject, submitted in (("P-splitter", datetime(2026, 3, 18, 3, 59)), (EARLIER, datetime(2026, 3, 18, 4, 1))):
        filing = {"filing_ref": f"SAR-{subject}", "case_id": cases[subject], "profile": "fincen-sar", "sha256": "ab"}
        for number, status in enumerate(("generated", "submitted")):
            when = submitted - timedelta(hours=1 - number)
            step = {"event_id": f"F-{subject}-{number}", "status": status, "occurred_at": when}
            acts.send("compliance.filings", when, **filing, **step)
    lake.land(acts.events)
    found = on(lake, date(2026, 7, 16))
    # A minute before midnight in New York is in time.
    assert found["P-splitter", "filing"] == "met"
    assert found[EARLIER, "filing"] == "missed"
    assert (found["P-splitter", "continuing"], found[EARLIER, "continuing"]) == ("missed", "due")
    late = lake.rows("select filing_ref, done_on, met_late from lake.str.deadlines where met_late")
    assert late == [(f"SAR-{EARLIER}", date(2026, 3, 18), True)]
    assert f"SAR of {cases[EARLIER]} (2026-02-13)" in told(deadlines_missed)[2]


def test_what_broke_a_rule_raises_an_alarm_until_it_is_settled(lake: BuiltLake) -> None:
    on(lake, at(43).date())
    passed, severity, text = told(violations_settled)
    assert (passed, severity) == (False, dg.AssetCheckSeverity.ERROR)
    # Another has seen what o1 did at first; that o1 approved his own, only o1 says he has.
    assert "o1 approved: another officer must review" in text
    assert "o1 assigned" not in text
    on(lake, at(43 + 400).date())
    assert told(violations_settled) == (passed, severity, text)


def test_the_calendars_of_the_seed_are_those_of_the_library() -> None:
    made = {calendar_of(country) for country in COUNTRIES}
    assert [tuple(row) for row in _seed() if row[0] in made] == rows()


def _seed() -> Iterator[list[str]]:
    with (PROJECT / "seeds" / "holidays.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def test_today_is_the_day_of_the_pin(lake: BuiltLake) -> None:
    pin = lake.newest()
    lake.dbt(pin, "build", "--select", "int_today", "--exclude-resource-types", "test", "unit_test")
    ((day, moment),) = lake.rows(
        "select day, snapshot_time from lake.intermediate.int_today, lake.snapshots() as snapshots "
        f"where snapshots.snapshot_id = {pin}"
    )
    assert abs((moment.astimezone(UTC).date() - day).days) <= 1
