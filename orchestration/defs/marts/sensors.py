"""New landing commits start a build."""

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.marts.schedules import build_job
from orchestration.runs import under_way


@dg.sensor(name="landing_commits", job=build_job, minimum_interval_seconds=300)
def landing_commits(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask the ledger how many commits landing has had; the cursor is their number at the last build started here.

    While a build is under way the cursor stays, so that all that lands meanwhile makes one more build, not many.
    """
    with connect(Settings(), read_only=True) as connection:
        row = connection.execute("select count(*) from lake.ledger.commits").fetchone()
    assert row is not None
    commits, before = int(row[0]), int(context.cursor or 0)
    if commits == before:
        return dg.SkipReason(f"nothing landed since commit {before}")
    if under_way(context.instance, build_job.name):
        return dg.SkipReason(f"{commits - before} commits landed; a build is under way")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"commit-{commits}")], cursor=str(commits))
