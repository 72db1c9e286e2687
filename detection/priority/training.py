"""Train a version from what the lake knows, and keep it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import duckdb

from detection.priority.card import card
from detection.priority.fitting import fit
from detection.priority.outcomes import DECISIONS, of_decisions, of_truth
from detection.priority.store import Version, save, version
from detection.truth import read_truth
from lakehouse.attach import connect
from lakehouse.errors import NotBuilt
from lakehouse.settings import Settings
from lakehouse.snapshots import latest
from lakehouse.transactions import transaction


def train(settings: Settings, labels: str, *, at: datetime, by: str, progress: Callable[[str], None]) -> Version:
    """Train on ``labels`` - ``decisions``, or the name of a replayed data set - and keep the version as a challenger.

    Raises:
        TruthMissing: the data set was not replayed into this home.
        TooFewLabels: too few alerts were decided.
        LibraryMissing: LightGBM does not load here.
        NotBuilt: the marts were not built since.
    """
    with connect(settings) as connection:
        try:
            # So that nothing newer than the pin is read.
            with transaction(connection):
                pin = latest(connection)
                labelled = (
                    of_decisions(connection)
                    if labels == DECISIONS
                    else of_truth(connection, read_truth(settings.home, labels))
                )
        except duckdb.CatalogException as error:
            raise NotBuilt("the lake holds no features of alerts: run 'vigil build' first") from error
        progress(f"training on {labelled.num_rows:,} alerts with labels from {labels}")
        fitted = fit(labelled)
        told = card(labelled, fitted)
        number = save(connection, fitted.model, labels, pin, told, trained_at=at, trained_by=by)
        return version(connection, number)
