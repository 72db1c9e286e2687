"""The sink's catch-up as a job, for sites that land by the clock instead of running a sink all day."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.landing.assets import landing

land_job = dg.define_asset_job(
    "land",
    selection=dg.AssetSelection.assets(landing).without_checks(),
    description="Catch up with every topic.",
)

land_every_five_minutes = dg.ScheduleDefinition(
    name="land_every_five_minutes",
    job=land_job,
    cron_schedule="*/5 * * * *",
    description="Catch up with every topic; leave it off where 'vigil sink run' runs.",
)
