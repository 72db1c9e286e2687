"""Whether alerts of late still look like those that a version was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from detection.priority.features import matrix
from detection.priority.fitting import score
from detection.priority.store import Version, live

# The bounds that the index is usually read by: above the first it moves, above the second it is another population.
MOVING, MOVED = 0.1, 0.25
# Of fewer alerts the index says more about chance than about them.
LEAST = 100

_LATE = """
    select features
    from lake.aml.alert_features
    where detected_at > $since
    qualify row_number() over (partition by alert_id order by pin desc) = 1
"""


@dataclass(frozen=True)
class Drift:
    """``index``: population stability index of one feature, or of the score itself, against the training's tenths."""

    feature: str
    index: float
    alerts: int


def drift(connection: duckdb.DuckDBPyConnection, version: Version, since: datetime) -> list[Drift]:
    """How far the alerts detected after ``since`` (UTC) are from those that ``version`` was trained on, farthest first.

    Empty where there are fewer than ``LEAST`` of them.
    """
    alerts = connection.execute(_LATE, {"since": since}).to_arrow_table()
    if alerts.num_rows < LEAST:
        return []
    model = live(connection)[version.version]
    rows = matrix(alerts["features"], model.features)
    now = {"score": score(model, alerts)} | {name: rows[:, at] for at, name in enumerate(model.features)}
    found = [
        Drift(name, stability(cuts, now[name]), alerts.num_rows)
        for name, cuts in version.card["distribution"].items()
        if cuts
    ]
    return sorted(found, key=lambda each: -each.index)


def stability(cuts: list[float], values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Population stability index: the sum over bins of (now - then) * ln(now / then), shares of each.

    Deciles that coincide, as where most are nought, make one bin of as many tenths. What is missing is left out.
    """
    there = values[~np.isnan(values)]
    if not len(there):
        return 0.0
    edges, tenths = np.unique(cuts, return_counts=True)
    then = np.append(tenths, 10 - tenths.sum()) / 10
    counts = np.bincount(np.searchsorted(edges, there, side="left"), minlength=len(then))
    # Half an alert in each bin, so that an empty one does not count for infinitely much.
    now = (counts + 0.5) / (len(there) + 0.5 * len(then))
    return float(((now - then) * np.log(now / then)).sum())
