"""All that Dagster knows of Vigil: `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.backtest.jobs import backtest_job
from orchestration.defs.cases.checks import deadlines_missed, deadlines_near, violations_settled
from orchestration.defs.filings.assets import filings
from orchestration.defs.filings.checks import filings_gate
from orchestration.defs.filings.schedules import file_every_morning, file_job, pipeline_job
from orchestration.defs.filings.sensors import approved_cases_sensor
from orchestration.defs.landing.assets import landing
from orchestration.defs.landing.checks import landing_gate
from orchestration.defs.landing.schedules import land_every_five_minutes, land_job
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.checks import marts_gate, rpt_gate
from orchestration.defs.marts.schedules import acts_job, answers_job, build_every_night, build_job
from orchestration.defs.marts.sensors import landing_commits
from orchestration.defs.priority.checks import priority_drift
from orchestration.defs.priority.jobs import train_every_month, train_priority_job
from orchestration.defs.reports.assets import mlro_report
from orchestration.defs.reports.schedules import mlro_every_month, mlro_job
from orchestration.defs.seals.assets import seals
from orchestration.defs.seals.checks import seals_hold
from orchestration.defs.seals.schedules import seal_every_hour, seal_job, verify_every_night, verify_job
from orchestration.defs.topics.assets import topics

defs = dg.Definitions(
    assets=[*topics, landing, seals, marts, rpt, filings, mlro_report],
    asset_checks=[
        *(landing_gate, marts_gate, rpt_gate, filings_gate),
        *(priority_drift, seals_hold, violations_settled, deadlines_near, deadlines_missed),
    ],
    jobs=[
        land_job,
        build_job,
        acts_job,
        answers_job,
        file_job,
        pipeline_job,
        backtest_job,
        train_priority_job,
        seal_job,
        verify_job,
        mlro_job,
    ],
    schedules=[
        *(land_every_five_minutes, build_every_night, file_every_morning, train_every_month),
        *(seal_every_hour, verify_every_night, mlro_every_month),
    ],
    sensors=[landing_commits, approved_cases_sensor],
    # One process: starting one for every step costs more than most steps do, and DuckDB and dbt use the cores anyway.
    executor=dg.in_process_executor,
)
