"""Filing as a job, every morning; and the whole road from topic to filing as one job."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.filings.assets import filings
from orchestration.defs.filings.checks import filings_gate
from orchestration.defs.landing.assets import landing
from orchestration.defs.landing.checks import landing_gate
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.checks import marts_gate, rpt_gate

file_job = dg.define_asset_job(
    "file",
    selection=dg.AssetSelection.assets(filings) | dg.AssetSelection.checks(rpt_gate, filings_gate),
    description="The gate on what filings print, then a filing for each approved case and day of cash that has none.",
)

pipeline_job = dg.define_asset_job(
    "pipeline",
    selection=dg.AssetSelection.assets(landing, marts, rpt, filings)
    | dg.AssetSelection.checks(landing_gate, marts_gate, rpt_gate, filings_gate),
    description="Land, build and file, each behind its gate.",
)

file_every_morning = dg.ScheduleDefinition(
    name="file_every_morning",
    job=file_job,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    description="File the cash of days that are over, and what was refused before, in case its data were corrected.",
)
