"""A learned priority: gradient boosted trees over an alert's features, and the calibration of what they say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from detection.errors import LibraryMissing
from detection.priority.features import Matrix

if TYPE_CHECKING:
    import lightgbm

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]

# Fixed before anything was scored, and the same for every institution. Trees that split at random places suit few
# labels. One thread: on so few rows more of them mostly wait for each other, and on a busy machine for minutes.
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "extra_trees": True,
    "min_data_in_leaf": 30,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "lambda_l2": 5.0,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 300


@dataclass(frozen=True)
class Model:
    """Trees and their calibration.

    ``features``: names of the columns they read, in order. ``booster``: LightGBM's own text. A probability is
    1 / (1 + exp(-(``slope`` * margin + ``intercept``))) of the trees' margin (log-odds).
    """

    features: tuple[str, ...]
    booster: str
    slope: float = 1.0
    intercept: float = 0.0

    @cached_property
    def _trees(self) -> lightgbm.Booster:
        trees: lightgbm.Booster = _lightgbm().Booster(model_str=self.booster)
        return trees

    def margins(self, rows: Matrix) -> Vector:
        """The trees' log-odds of each row."""
        return np.asarray(self._trees.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)

    def probabilities(self, margins: Vector) -> Vector:
        """Calibrated, 0 to 1, in the order of the margins."""
        return np.asarray(1 / (1 + np.exp(-(self.slope * margins + self.intercept))))

    def scores(self, rows: Matrix) -> Vector:
        """The calibrated probability of each row."""
        return self.probabilities(self.margins(rows))

    def contributions(self, rows: Matrix) -> Matrix:
        """What each feature adds to a row's margin (exact Shapley values of the trees); the last column is what every
        row starts from. A row's values add up to its margin."""
        return np.asarray(self._trees.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64)


def train(rows: Matrix, labels: Vector, weights: Vector, features: tuple[str, ...]) -> Model:
    """Trees for the labels (1.0 or 0.0), not calibrated yet."""
    lgb = _lightgbm()
    data = lgb.Dataset(rows, labels, weight=weights, feature_name=list(features), free_raw_data=False)
    return Model(features, lgb.train(PARAMETERS, data, num_boost_round=ROUNDS).model_to_string())


def _lightgbm() -> ModuleType:
    # Imported late: it takes a second, and a lake without a model never needs it.
    try:
        import lightgbm
    except OSError as error:
        raise LibraryMissing(
            f"LightGBM does not load here ({error}); it needs the OpenMP runtime, package libgomp1 (Debian, Ubuntu) or "
            "libgomp (Red Hat). Alerts keep the order of their points without it."
        ) from error
    return lightgbm
