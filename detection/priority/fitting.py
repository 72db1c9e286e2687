"""From labelled alerts to a model, and what it says of alerts whose subjects it was not shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.optimize import minimize

from detection.errors import TooFewLabels
from detection.priority.features import Matrix, matrix, names_in
from detection.priority.model import Model, Vector, train

# Fewer of either kind and the trees learn names, not behaviour.
MINIMUM = 30


@dataclass(frozen=True)
class Fitted:
    """A calibrated model and the ``rows`` that taught it.

    ``unseen``: for each row the calibrated probability by trees that saw none of its subject.
    """

    model: Model
    rows: Matrix
    unseen: Vector


def fit(labelled: pa.Table) -> Fitted:
    """Train on ``labelled``: subject_id, fold, features (a map), label (boolean); one row an alert and subject.

    Many alerts of one subject say much the same, so each counts less.

    Raises:
        TooFewLabels: fewer than ``MINIMUM`` subjects of either label.
        LibraryMissing: LightGBM does not load.
    """
    subjects = pl.DataFrame(labelled.select(["subject_id", "label"]))
    for label, name in ((True, "positive"), (False, "negative")):
        found = subjects.filter(pl.col("label") == label)["subject_id"].n_unique()
        if found < MINIMUM:
            raise TooFewLabels(
                f"subjects with a {name} label: {found}, and {MINIMUM} are the least to learn from; "
                "dispose of more cases and have them approved, or name a replayed data set with --labels"
            )
    features = labelled["features"]
    names = tuple(names_in(features))
    rows = matrix(features, names)
    labels = subjects["label"].cast(pl.Float64).to_numpy()
    weights = subjects.select(1 / pl.len().over("subject_id").sqrt()).to_series().to_numpy()
    fold = labelled["fold"].to_numpy()
    margins = np.zeros(len(labels))
    for each in np.unique(fold):
        seen, unseen = fold != each, fold == each
        margins[unseen] = train(rows[seen], labels[seen], weights[seen], names).margins(rows[unseen])
    slope, intercept = _calibration(margins, labels, weights)
    model = replace(train(rows, labels, weights, names), slope=slope, intercept=intercept)
    return Fitted(model, rows, model.probabilities(margins))


def score(model: Model, alerts: pa.Table) -> Vector:
    """The calibrated probability of each row of ``alerts``, which has features (a map)."""
    return model.scores(matrix(alerts["features"], model.features))


def _calibration(margins: Vector, labels: Vector, weights: Vector) -> tuple[float, float]:
    """Slope and intercept by which unseen margins tell probabilities (Platt's: the likeliest)."""

    def loss(parameters: Vector) -> float:
        odds = parameters[0] * margins + parameters[1]
        return float((weights * (np.logaddexp(0, odds) - labels * odds)).sum())

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(1e-3, None), (None, None)]).x
    return float(slope), float(intercept)
