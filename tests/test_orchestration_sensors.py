"""Sensors start what is due, once, and wait while it runs."""

from __future__ import annotations

import dagster as dg
from orchestration_home import home, instance
from reporting_case import tables
from reporting_lake import build, land

from lakehouse.attach import connect
from lakehouse.settings import Settings
from lakehouse.snapshots import latest
from orchestration.definitions import defs
from orchestration.defs.filings.due import file_due
from orchestration.defs.filings.sensors import approved_cases_sensor
from orchestration.defs.marts.sensors import landing_commits
from reports import profile

__all__ = ["home", "instance"]


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult | str:
    """What the sensor answers at ``cursor``: a result, or why it skips."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs) as context:
        answer = sensor(context)
    if isinstance(answer, dg.SkipReason):
        return str(answer.skip_message)
    assert isinstance(answer, dg.SensorResult)
    return answer


def commit(settings: Settings, commit_id: str) -> None:
    with connect(settings) as connection:
        connection.execute("insert into lake.ledger.commits (commit_id) values (?)", [commit_id])


def test_landing_commits_start_one_build(home: Settings, instance: dg.DagsterInstance) -> None:
    assert tick(landing_commits, instance) == "nothing landed since commit 0"
    commit(home, "c1")
    commit(home, "c2")
    first = tick(landing_commits, instance)
    assert isinstance(first, dg.SensorResult)
    assert [request.run_key for request in first.run_requests or []] == ["commit-2"]
    assert first.cursor == "2"
    assert tick(landing_commits, instance, first.cursor) == "nothing landed since commit 2"

    run = instance.create_run_for_job(defs.resolve_job_def("build"), status=dg.DagsterRunStatus.STARTED)
    commit(home, "c3")
    assert tick(landing_commits, instance, first.cursor) == "1 commits landed; a build is under way"
    instance.report_run_failed(run)
    later = tick(landing_commits, instance, first.cursor)
    assert isinstance(later, dg.SensorResult)
    assert later.cursor == "3"


def test_an_approved_case_starts_one_filing(home: Settings, instance: dg.DagsterInstance) -> None:
    assert tick(approved_cases_sensor, instance) == "nothing was built yet"
    rows = tables()
    with connect(home) as connection:
        land(connection, rows)
        build(connection, rows)
    first = tick(approved_cases_sensor, instance)
    assert isinstance(first, dg.SensorResult)
    assert len(first.run_requests or []) == 1
    again = tick(approved_cases_sensor, instance, first.cursor)
    assert again == f"1 approved cases, {len(profile.names('case'))} filings missing, none of them new"

    with connect(home) as connection:
        for name in profile.names("case"):
            assert len(file_due(connection, home, name, latest(connection), [], print).made) == 1
    assert tick(approved_cases_sensor, instance) == "1 approved cases, 0 filings missing, none of them new"
