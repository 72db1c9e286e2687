"""A learned priority: from maps to a matrix, from labels to calibrated probabilities that explain themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from detection.errors import TooFewLabels
from detection.priority.card import card
from detection.priority.distribution import distribution, stability
from detection.priority.drift import MOVED
from detection.priority.features import matrix, names_in
from detection.priority.fitting import Fitted, fit, score
from detection.priority.model import Vector

FEATURES = pa.map_(pa.string(), pa.float64())
SUBJECTS = 600


def maps(*rows: dict[str, float | None]) -> pa.ChunkedArray:
    """The rows as a column of maps."""
    return pa.chunked_array([pa.array([list(row.items()) for row in rows], FEATURES)])


def labelled(seed: int, telling: bool = True) -> pa.Table:
    """Two alerts of each subject. A third of the subjects is labelled, and shows it in one feature if telling."""
    random = np.random.default_rng(seed)
    guilty = random.random(SUBJECTS) < 1 / 3
    rows = []
    for number in range(SUBJECTS * 2):
        strength = random.normal(2.0 if telling and guilty[number // 2] else 0.0)
        rows.append({"strength": strength, "noise": random.normal(), "gap": None if number % 3 else 1.0})
    subjects = np.arange(SUBJECTS).repeat(2)
    return pa.table(
        {
            "alert_id": pa.array([f"A{number}" for number in range(SUBJECTS * 2)]),
            "subject_id": pa.array([f"S{subject}" for subject in subjects]),
            "fold": pa.array(subjects % 5),
            "detected_at": pa.array([datetime(2026, 1, 1) + timedelta(hours=hour) for hour in range(SUBJECTS * 2)]),
            "features": maps(*rows),
            "label": pa.array(guilty.repeat(2)),
        }
    )


@pytest.fixture(scope="module")
def taught() -> tuple[pa.Table, Fitted]:
    """A model that had something to learn."""
    table = labelled(1)
    return table, fit(table)


def test_maps_become_a_matrix_whatever_their_order_and_what_they_lack() -> None:
    column = maps({"a": 1.0, "b": 2.0}, {}, {"b": None, "unknown": 9.0, "a": 3.0})
    expected = np.array([[2.0, 1.0], [np.nan, np.nan], [np.nan, 3.0]])
    np.testing.assert_array_equal(matrix(column, ["b", "a"]), expected)
    np.testing.assert_array_equal(matrix(column.slice(2), ["b", "a"]), expected[2:])
    assert names_in(column) == ["a", "b", "unknown"]
    assert matrix(column.slice(3), ["a"]).shape == (0, 1)


def test_unseen_subjects_are_told_apart_by_what_the_labels_teach(taught: tuple[pa.Table, Fitted]) -> None:
    table, fitted = taught
    told = card(table, fitted)
    labels = table["label"].to_numpy()
    assert told["unseen_subjects"]["average_precision"] > 0.85
    assert told["gains"][0]["feature"] == "strength"
    assert told["trained_on"]["subjects"] == SUBJECTS
    # Calibrated: what was told of all comes true of all, and a guess of the base rate is worse.
    assert fitted.unseen.mean() == pytest.approx(labels.mean(), abs=0.03)
    assert told["unseen_subjects"]["brier_score"] < labels.mean() * (1 - labels.mean())
    assert sum(tenth["alerts"] for tenth in told["calibration"]) == len(labels)


def test_labels_that_mean_nothing_teach_nothing() -> None:
    """No subject's label reaches its own score, for it would be found again there."""
    table = labelled(2, telling=False)
    told = card(table, fit(table))
    base = told["trained_on"]["positive_subjects"] / SUBJECTS
    assert told["unseen_subjects"]["average_precision"] < base + 0.1


def test_contributions_add_up_to_what_the_model_says(taught: tuple[pa.Table, Fitted]) -> None:
    table, fitted = taught
    rows = matrix(table["features"], fitted.model.features)
    margins = fitted.model.margins(rows)
    np.testing.assert_allclose(fitted.model.contributions(rows).sum(axis=1), margins, atol=1e-9)
    np.testing.assert_array_equal(score(fitted.model, table), fitted.model.probabilities(margins))


def test_the_same_labels_teach_the_same_model(taught: tuple[pa.Table, Fitted]) -> None:
    table, fitted = taught
    assert fit(table).model == fitted.model


def test_too_few_labels_are_refused_and_counted() -> None:
    table = labelled(3)
    few = table.filter(pa.array([not label or number < 40 for number, label in enumerate(table["label"].to_pylist())]))
    with pytest.raises(TooFewLabels, match=r"^subjects with a positive label: \d+, and 30 are the least"):
        fit(few)


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param(lambda random, size: random.normal(size=size), id="spread"),
        pytest.param(lambda _, size: np.ones(size), id="constant"),
        pytest.param(lambda random, size: np.minimum(random.random(size) * 2, 1.0), id="half at the maximum"),
        pytest.param(lambda random, size: np.where(random.random(size) < 0.895, 0, random.random(size)), id="noughts"),
    ],
)
def test_the_stability_index_tells_the_same_population_from_another(
    drawn: Callable[[np.random.Generator, int], Vector],
) -> None:
    random = np.random.default_rng(4)
    then = distribution(drawn(random, 5000))
    assert sum(then["shares"]) == pytest.approx(1)
    assert stability(then, drawn(random, 1000)) < MOVED / 2
    assert stability(then, drawn(random, 1000) + 1.5) > MOVED
    assert stability(then, np.full(10, np.nan)) == 0
