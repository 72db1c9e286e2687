"""Whether the champion still meets the alerts that it was trained on."""

from __future__ import annotations

import dagster as dg

from detection.priority.drift import DAYS, MOVED, drift
from detection.priority.store import champion
from lakehouse.attach import connect
from lakehouse.settings import Settings

_SHOWN = 10


@dg.asset_check(asset=dg.AssetKey(["aml", "alert_scores"]), name="priority_drift", blocking=False)
def priority_drift() -> dg.AssetCheckResult:
    """The population stability index of score and features over the last 30 days of event time."""
    with connect(Settings(), read_only=True) as connection:
        watched = champion(connection)
        if watched is None:
            return dg.AssetCheckResult(passed=True, description="no learned priority orders the queue")
        found = drift(connection, watched, DAYS)
    moved = [each for each in found if each.index > MOVED]
    return dg.AssetCheckResult(
        passed=not moved,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"version {watched.version}: {len(moved)} of {len(found)} distributions moved by more than {MOVED}"
            if found
            else f"version {watched.version}: too few new alerts in {DAYS} days to tell"
        ),
        metadata={each.feature: each.index for each in found[:_SHOWN]},
    )
