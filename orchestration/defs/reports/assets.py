"""The month of the MLRO: one report a month, made anew when what is known of the month has grown."""

from typing import Any

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.marts.assets import rpt
from reports import mlro

# The first month is that of the oldest business days the seeds know.
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2015-01-01")


@dg.asset(
    key=["reports", "mlro"],
    deps=sorted(
        key for key in rpt.keys if key.path[-1].startswith(("rpt_mlro_", "rpt_reporting_entity", "rpt_as_of_day"))
    ),
    partitions_def=MONTHS,
    group_name="reports",
    kinds={"pdf"},
)
def mlro_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """The month's alerts, cases, filings and reviews as PDF and workbook, in the folder of reports."""
    pin = pins.pin_of_run(context, pins.FILING)
    with connect(Settings(), read_only=True) as connection:
        report = mlro.make(connection, Settings(), context.partition_time_window.start.date(), pin)
    return dg.MaterializeResult(
        metadata={
            "pin": pin,
            "folder": dg.MetadataValue.path(str(report.folder.resolve())),
            "files": dg.MetadataValue.md("\n".join(f"- `{path}` {digest}" for path, digest in report.sha256.items())),
        }
    )
