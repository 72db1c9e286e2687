"""A shut gate stops everything behind it; an open one lets the run through to filings that people can read."""

from __future__ import annotations

from datetime import datetime

import dagster as dg
import pytest
from orchestration_home import home, instance
from reporting_case import CASE, tables
from reporting_day import day_tables
from reporting_exemption import designation, store_exemption
from reporting_lake import build, land

from lakehouse.attach import connect
from lakehouse.settings import Settings
from lakehouse.snapshots import built, latest, record_build
from orchestration import pins
from orchestration.defs.filings.assets import filings
from orchestration.defs.filings.checks import filings_gate
from orchestration.defs.landing.checks import landing_gate
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.checks import marts_gate, rpt_gate
from orchestration.defs.topics.assets import topics
from orchestration.instance import open_instance
from orchestration.run import run_pipeline
from reports.outbox import list_filings
from reports.profile import names

__all__ = ["home", "instance"]

# All that the pipeline has behind landing.
behind_landing = dg.Definitions(
    assets=[*topics, marts, rpt, filings],
    asset_checks=[landing_gate, marts_gate, rpt_gate, filings_gate],
    jobs=[
        dg.define_asset_job(
            "behind_landing",
            selection=dg.AssetSelection.assets(marts, rpt, filings)
            | dg.AssetSelection.checks(landing_gate, marts_gate, rpt_gate, filings_gate),
        )
    ],
    executor=dg.in_process_executor,
)


def test_a_shut_landing_gate_stops_marts_and_filings(home: Settings, instance: dg.DagsterInstance) -> None:
    with connect(home) as connection:
        connection.execute("""
            insert into lake.landing.bank_transactions by name
            select 'T1' as transaction_id, 'XXX' as settled_currency, false as _tombstone, 2 as _partition,
                17 as _offset
        """)
    job = behind_landing.resolve_job_def("behind_landing")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert {event.step_key for event in result.all_events if event.is_step_start} == {"landing_gate"}
    failed = {check.check_name: check for check in result.get_asset_check_evaluations() if not check.passed}
    assert set(failed) == {"landing_transactions"}
    assert '"partition":2,"offset":17' in (failed["landing_transactions"].description or "")


# Of each profile one filing.
ONCE = dict.fromkeys((f"filings/{name}" for name in names()), 1)


@pytest.fixture
def approved(home: Settings) -> Settings:
    """A lake with one case that was approved and built, one day of cash and one exemption."""
    rows = {**tables(), **day_tables()}
    with connect(home) as connection:
        land(connection, rows)
        connection.execute("create schema if not exists lake.rpt")
        store_exemption(connection, designation())
        build(connection, rows)
    return home


def test_an_approved_case_is_filed_once(approved: Settings) -> None:
    told: list[str] = []
    first = run_pipeline(approved, "file", told.append)
    assert first.errors == {}
    assert first.success
    made = list_filings(approved.home)
    assert {filing.profile for filing in made} == set(names())
    assert {filing.pin for filing in made} == {first.pins["vigil/filing_pin"]}
    assert all(any(filing.filing_ref in line for line in told) for filing in made)
    assert {name: values["made"] for name, values in first.materialised.items()} == dict.fromkeys(
        (f"filings/{name}" for name in names()), 1
    )

    # What the pages show is the same run.
    with open_instance(approved) as instance:
        run = instance.get_run_by_id(first.run_id)
        event = instance.get_latest_materialization_event(dg.AssetKey(["filings", "fincen-sar"]))
    assert run is not None
    assert (run.job_name, run.status) == ("file", dg.DagsterRunStatus.SUCCESS)
    assert event is not None
    assert event.run_id == first.run_id

    before = {path: path.read_bytes() for path in (approved.home / "outbox").rglob("*") if path.is_file()}
    second = run_pipeline(approved, "file")
    assert {name: values["made before"] for name, values in second.materialised.items()} == dict.fromkeys(
        (f"filings/{name}" for name in names()), 1
    )
    assert {path: path.read_bytes() for path in (approved.home / "outbox").rglob("*") if path.is_file()} == before


def test_a_refused_case_is_told_of_by_rule_and_field_and_fails_nothing(approved: Settings) -> None:
    rows = tables()
    rows["rpt_str_party"][0].update(birth_date=None, first_name="Unprintable\x07")
    with connect(approved) as connection:
        store_exemption(connection)
        build(connection, rows)
    told: list[str] = []
    result = run_pipeline(approved, "file", told.append)
    assert result.errors == {}
    assert result.success
    assert [filing.profile for filing in list_filings(approved.home)] == ["fincen-sar"]
    refusals = {check.asset: check for check in result.checks_failed}
    assert set(refusals) == {f"filings/{name}" for name in names("case") if name.startswith("goaml")}
    refused = refusals["filings/goaml-5.0.1-str"]
    assert not refused.blocking
    assert f"about={CASE}" in refused.description
    for text in (refused.description, *told):
        assert "Unprintable" not in text
    assert any(CASE in line and "party P-1: birth_date" in line for line in told)
    assert "party P-1: birth_date" in refused.description


def test_figures_that_disagree_stop_the_filing(approved: Settings) -> None:
    with connect(approved) as connection:
        connection.execute("update lake.rpt.rpt_str_case set amount = amount + 1")
        record_build(connection, latest(connection), datetime(2026, 3, 14))
    result = run_pipeline(approved, "file")
    assert not result.success
    (failed,) = [check for check in result.checks_failed if check.blocking]
    assert failed.name == "rpt_cases"
    assert f"case_id={CASE}" in failed.description
    assert "filings" not in result.seconds
    assert list_filings(approved.home) == []


def test_only_a_build_that_passed_its_last_gate_is_filed_from(approved: Settings, instance: dg.DagsterInstance) -> None:
    definitions = dg.Definitions(
        assets=[rpt],
        asset_checks=[rpt_gate],
        jobs=[dg.define_asset_job("last_gate", selection=dg.AssetSelection.checks(rpt_gate))],
        executor=dg.in_process_executor,
    )
    job = definitions.resolve_job_def("last_gate")
    with connect(approved) as connection:
        before = built(connection)
        # Both stand for a build that has just made its tables, once whole and once not.
        for amount, holds in ((1, False), (-1, True)):
            connection.execute("update lake.rpt.rpt_str_case set amount = amount + ?", [amount])
            pin = latest(connection)
            result = job.execute_in_process(instance=instance, raise_on_error=False, tags={pins.FILING: str(pin)})
            assert all(check.passed for check in result.get_asset_check_evaluations()) is holds
            assert built(connection) == (pin if holds else before)


def test_an_unknown_job_is_refused(home: Settings) -> None:
    jobs = "land, seal, build, acts, answers, file, pipeline"
    with pytest.raises(ValueError, match=f"there is no job 'lend'; jobs: {jobs}"):
        run_pipeline(home, "lend")
