"""The graph: whole from topic to filing, each gate on the road, and nothing in it that opens a way round."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

import contracts
from expectations import load_gate
from orchestration.definitions import defs
from orchestration.defs.gates import asset_key
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.project import TRANSLATOR
from reports.profile import names

ASSETS = Path(__file__).parent / "snapshots" / "asset_keys.txt"
FILINGS = [dg.AssetKey(["filings", name]) for name in names()]


def test_definitions_validate(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "orchestration.definitions"],
        env={**os.environ, "DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "yes"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Validation successful" in done.stdout + done.stderr


def test_the_assets_are_those_of_the_snapshot() -> None:
    keys = sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())
    if "VIGIL_WRITE_SNAPSHOTS" in os.environ:
        ASSETS.write_text("\n".join(keys) + "\n")
    assert keys == ASSETS.read_text().split(), "the graph changed; look, then run again with VIGIL_WRITE_SNAPSHOTS=1"


@pytest.mark.parametrize("filing", FILINGS, ids=lambda key: key.path[-1])
def test_a_filing_goes_back_to_the_topics(filing: dg.AssetKey) -> None:
    graph = defs.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(filing)
    for topic in ("bank.transactions", "bank.parties", "bank.accounts", "compliance.decisions"):
        assert dg.AssetKey(["topics", topic]) in upstream
        assert dg.AssetKey(["landing", contracts.contract_for(topic).table]) in upstream


def test_the_filings_gate_judges_every_profile() -> None:
    judged = {table for suite in load_gate("filings") for table in suite.tables}
    assert judged == {f"filings.{name}" for name in names()}


@pytest.mark.parametrize("gate", ["landing", "marts", "rpt", "filings"])
def test_every_suite_is_a_blocking_check(gate: str) -> None:
    graph = defs.resolve_asset_graph()
    for suite in load_gate(gate):
        for table in suite.tables:
            node = graph.get(dg.AssetCheckKey(asset_key(table), f"{gate}_{suite.name}"))
            assert node.blocking


def test_no_step_checks_an_asset_that_it_does_not_build() -> None:
    # Dagster does not hold such a step back by the asset's other checks: a shut gate would not stop it.
    assert TRANSLATOR.settings.enable_source_tests_as_checks is False
    for step in (marts, rpt):
        assert step.check_keys
        assert {check.asset_key for check in step.check_keys} <= step.keys


def test_every_landing_table_is_held_to_be_fresh() -> None:
    graph = defs.resolve_asset_graph()
    for contract in contracts.load().values():
        assert graph.get(dg.AssetKey(["landing", contract.table])).freshness_policy is not None


def test_nothing_is_both_scheduled_and_automated() -> None:
    graph = defs.resolve_asset_graph()
    assert not [key for key in graph.get_all_asset_keys() if graph.get(key).automation_condition]


def test_schedules_and_sensors_start_the_jobs() -> None:
    repository = defs.get_repository_def()
    assert {each.name: each.job_name for each in repository.schedule_defs} == {
        "land_every_five_minutes": "land",
        "build_every_night": "build",
        "file_every_morning": "file",
        "train_every_month": "train_priority",
        "mlro_every_month": "report_mlro",
        "seal_every_hour": "seal",
        "verify_every_night": "verify_seals",
    }
    assert {each.name: each.job_name for each in repository.sensor_defs} == {
        "landing_commits": "build",
        "approved_cases": "file",
    }
