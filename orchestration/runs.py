"""Questions to Dagster's instance about runs."""

from __future__ import annotations

import dagster as dg

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def under_way(instance: dg.DagsterInstance, job_name: str) -> bool:
    """Whether a run of that job waits or runs."""
    return instance.get_runs_count(dg.RunsFilter(job_name=job_name, statuses=_UNDER_WAY)) > 0
