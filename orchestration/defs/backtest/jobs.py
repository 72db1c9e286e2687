"""Backtests as a job, a month a partition: a backfill over months shows how a value would have done over the year."""

from datetime import timedelta

import dagster as dg
import orjson

from detection.backtest import Backtest, backtest
from detection.chart import write_chart
from detection.grid import in_words
from lakehouse.settings import Settings
from orchestration.progress import tell

MONTHS = dg.MonthlyPartitionsDefinition(start_date="2000-01-01")


class BacktestConfig(dg.Config):
    """What ``vigil backtest`` takes: ``assignments`` are its ``--set``; the month is the partition."""

    scenario: str
    assignments: list[str]
    segment: str | None = None
    sample: int = 5


@dg.op
def try_values(context: dg.OpExecutionContext, config: BacktestConfig) -> None:
    """Run a scenario with other values on what the newest build made, and write what came of it below VIGIL_HOME."""
    settings = Settings()
    month = context.partition_time_window
    found = backtest(
        settings,
        config.scenario,
        config.assignments,
        first_day=month.start.date(),
        last_day=month.end.date() - timedelta(days=1),
        segment=config.segment,
        sample_size=config.sample,
        progress=tell,
    )
    folder = (settings.home / "backtests").resolve()
    folder.mkdir(exist_ok=True)
    written = folder / f"{config.scenario}-{context.partition_key}-{context.run_id}.json"
    drawn = written.with_suffix(".html")
    written.write_bytes(orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2))
    write_chart(found, drawn)
    context.add_output_metadata(
        {
            "pin": found.pin,
            "points": dg.MetadataValue.md(_table(found)),
            "in full": dg.MetadataValue.path(written),
            "chart": dg.MetadataValue.path(drawn),
        }
    )


@dg.job(name="backtest", partitions_def=MONTHS, executor_def=dg.in_process_executor)
def backtest_job() -> None:
    """What a scenario would have raised in a month with other parameters; nothing in the lake changes."""
    try_values()


def _table(found: Backtest) -> str:
    rows = [
        f"| {in_words(point.values)} | {point.alerts} | {point.subjects} | {point.alerts_a_day:.3f} | {point.alone} |"
        for point in found.points
    ]
    return "\n".join(["| values | alerts | subjects | a day | alone |", "|---|---|---|---|---|", *rows])
