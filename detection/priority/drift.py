"""Whether alerts of late still look like those that a version was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from detection.priority.distribution import stability
from detection.priority.features import matrix
from detection.priority.store import Version, model

# The bound that the index is usually read by: above it, it is another population.
MOVED = 0.25
# Of so many days, where nobody says otherwise.
DAYS = 30
# Of fewer alerts the index says more about chance than about them.
LEAST = 100

_LATE = """
    select known.features
    from lake.aml.alert_features as known
    join lake.aml.alerts as alerts on alerts.alert_id = known.alert_id and alerts.withdrawn_pin is null
    where
        known.detected_at > $last_seen
        and known.detected_at >= (select max(detected_at) from lake.aml.alerts) - to_days($days)
    qualify row_number() over (partition by known.alert_id order by known.pin desc) = 1
"""


@dataclass(frozen=True)
class Drift:
    """``index``: population stability index of one feature, or of the score itself, against the training's tenths."""

    feature: str
    index: float
    alerts: int


def drift(connection: duckdb.DuckDBPyConnection, version: Version, days: int) -> list[Drift]:
    """How far the newest alerts are from those that ``version`` was trained on, farthest first.

    The alerts that stand of the last ``days`` up to the newest, but none of the time that it was trained on. Empty
    where these are fewer than ``LEAST``.
    """
    last_seen = datetime.fromisoformat(version.card["trained_on"]["last_detected"])
    alerts = connection.execute(_LATE, {"days": days, "last_seen": last_seen}).to_arrow_table()
    if alerts.num_rows < LEAST:
        return []
    trees = model(connection, version.version)
    rows = matrix(alerts["features"], trees.features)
    now = {"score": trees.scores(rows)} | {name: rows[:, at] for at, name in enumerate(trees.features)}
    found = [
        Drift(name, stability(then, now[name]), alerts.num_rows) for name, then in version.card["distribution"].items()
    ]
    return sorted(found, key=lambda each: -each.index)
