"""The build as a job, and every night."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.landing.checks import landing_gate
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.checks import marts_gate, rpt_gate

build_job = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.assets(marts, rpt) | dg.AssetSelection.checks(landing_gate, marts_gate, rpt_gate),
    description="Landing gate, dbt, marts gate, what filings print and its gate: all from one snapshot.",
)

build_every_night = dg.ScheduleDefinition(
    name="build_every_night",
    job=build_job,
    cron_schedule="30 1 * * *",
    execution_timezone="UTC",
    description="Build even where nothing landed, since reviews fall due without an event.",
)
