"""Seal every hour, and verify every night."""

import dagster as dg

from orchestration.defs.seals.assets import seals
from orchestration.defs.seals.checks import seals_hold

seal_job = dg.define_asset_job(
    "seal",
    selection=dg.AssetSelection.assets(seals).without_checks(),
    description="Seal what has landed since the last seal.",
)
verify_job = dg.define_asset_job(
    "verify_seals",
    selection=dg.AssetSelection.checks(seals_hold),
    description="Compute every seal anew and compare.",
)

seal_every_hour = dg.ScheduleDefinition(
    name="seal_every_hour",
    job=seal_job,
    cron_schedule="10 * * * *",
    description="What is altered before it is sealed leaves no trace, so little time may pass.",
)
verify_every_night = dg.ScheduleDefinition(
    name="verify_every_night",
    job=verify_job,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    description="Reads all of landing once.",
)
