"""The report of the month that ended, on the second day of the next."""

import dagster as dg

from orchestration.defs.reports.assets import mlro_report

mlro_job = dg.define_asset_job(
    "report_mlro",
    selection=dg.AssetSelection.assets(mlro_report),
    description="The month of the MLRO as PDF and workbook, a month a partition.",
)

mlro_every_month = dg.build_schedule_from_partitioned_job(
    mlro_job,
    name="mlro_every_month",
    # Behind the night's build, which has the last day of the month.
    day_of_month=2,
    hour_of_day=6,
    description="The month that ended; the build of the night before knows its last day.",
)
