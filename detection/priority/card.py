"""The model card: what taught a version, how good it is on what it was not shown, and what it looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from detection.priority.distribution import distribution
from detection.priority.fitting import Fitted
from detection.priority.model import PARAMETERS, ROUNDS
from detection.ranking import DAY_SECONDS, ranking

PURPOSE = (
    "Orders the queue of alerts by how likely a report is. It hides nothing: an alert of any score stands, joins its "
    "case and is counted. It decides nothing: an officer does."
)
# A feature that gained nothing in any split is not named.
_NAMED = 20
# Contributions take a millisecond or two an alert.
_LOOKED_AT = 2000


def card(labelled: pa.Table, fitted: Fitted) -> dict[str, Any]:
    """All that the version's card says, as JSON takes it; every quality is of rows whose subjects were not shown."""
    told = pl.DataFrame(
        {
            "subject_id": pl.Series(labelled["subject_id"]),
            "is_laundering": pl.Series(labelled["label"]),
            "points": pl.Series(fitted.unseen),
        }
    )
    by_subject = told.group_by("subject_id").agg(pl.col("points", "is_laundering").max())
    detected = pl.Series(labelled["detected_at"])
    span = detected.max() - detected.min()  # type: ignore[operator]
    ranked = ranking(by_subject, max(span.total_seconds() / DAY_SECONDS, 1.0))  # type: ignore[union-attr]
    return {
        "purpose": PURPOSE,
        "method": {"library": "LightGBM", "rounds": ROUNDS, **PARAMETERS, "calibration": "Platt, on unseen subjects"},
        "trained_on": {
            "alerts": told.height,
            "positive_alerts": int(told["is_laundering"].sum()),
            "subjects": by_subject.height,
            "positive_subjects": ranked.labelled,
            "first_detected": str(detected.min()),
            "last_detected": str(detected.max()),
        },
        "unseen_subjects": {
            "average_precision": ranked.average_precision,
            "precision_at_recall_0.8": ranked.precision_at_recall,
            "brier_score": float(((told["points"] - told["is_laundering"].cast(pl.Float64)) ** 2).mean()),  # type: ignore[arg-type]
        },
        "calibration": _calibration(told),
        "gains": _gains(fitted),
        "distribution": {
            "score": distribution(fitted.unseen),
            **{name: distribution(fitted.rows[:, at]) for at, name in enumerate(fitted.model.features)},
        },
    }


def _calibration(told: pl.DataFrame) -> list[dict[str, float]]:
    """By tenths of the probability told: how many alerts, the mean of what was told, and what came true."""
    return (
        told.group_by(tenth=(pl.col("points") * 10).floor().clip(0, 9))
        .agg(
            alerts=pl.len(),
            told=pl.col("points").mean(),
            came_true=pl.col("is_laundering").cast(pl.Float64).mean(),
        )
        .sort("tenth")
        .drop("tenth")
        .to_dicts()
    )


def _gains(fitted: Fitted) -> list[dict[str, Any]]:
    """What matters most: the mean size of a feature's contribution to the log-odds."""
    rows = fitted.rows
    evenly = np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(int)
    sizes = np.abs(fitted.model.contributions(rows[evenly])[:, :-1]).mean(axis=0)
    order = np.argsort(-sizes)[:_NAMED]
    return [{"feature": fitted.model.features[at], "log_odds": float(sizes[at])} for at in order if sizes[at] > 0]
