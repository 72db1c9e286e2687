"""Approved cases start filing."""

import hashlib

import dagster as dg

from lakehouse.attach import connect
from lakehouse.errors import NotBuilt
from lakehouse.settings import Settings
from lakehouse.snapshots import built
from orchestration.defs.filings.due import due
from orchestration.defs.filings.schedules import file_job
from orchestration.runs import under_way
from reports import profile
from reports.outbox import list_filings


@dg.sensor(name="approved_cases", job=file_job, minimum_interval_seconds=300)
def approved_cases_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Look for approved cases without a filing; the cursor is a digest of those a run was started for.

    A case that is refused stays without a filing and must not start a run every few minutes; once another case joins
    it, or the schedule comes, it is tried again.
    """
    settings = Settings()
    with connect(settings, read_only=True) as connection:
        try:
            pin = built(connection)
        except NotBuilt:
            return dg.SkipReason("nothing was built yet")
        wanted = [(case, name) for name in profile.names("case") for case in due(connection, settings, name, pin)]
    filed = {(filing.about, filing.profile) for filing in list_filings(settings.home)}
    missing = sorted(f"{case} {name}" for case, name in wanted if (case, name) not in filed)
    approved = {case for case, _ in wanted}
    cursor = hashlib.sha256("\n".join(missing).encode()).hexdigest() if missing else ""
    if not missing or cursor == context.cursor:
        return dg.SkipReason(f"{len(approved)} approved cases, {len(missing)} filings missing, none of them new")
    if under_way(context.instance, file_job.name):
        return dg.SkipReason(f"{len(missing)} filings missing; a run is under way")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=cursor)], cursor=cursor)
