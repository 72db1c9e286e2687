"""How good the scenarios are on a published labelled data set, with the placebo beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from detection.placebo import placebo
from detection.score import Score, score
from detection.truth import read_truth
from lakehouse import snapshots
from lakehouse.attach import connect
from lakehouse.errors import NotBuilt
from lakehouse.settings import Settings


@dataclass(frozen=True)
class Evaluation:
    """The scores of one data set.

    ``laundering_accounts`` and ``laundering_transactions`` are the labels there are to find. A score of ``scenarios``
    means something only by its distance from the same scenario's in ``placebo``.
    """

    dataset: str
    pin: int
    accounts: int
    laundering_accounts: int
    transactions: int
    laundering_transactions: int
    scenarios: list[Score]
    placebo: list[Score]


def evaluate(settings: Settings, dataset: str, progress: Callable[[str], None]) -> Evaluation:
    """Score the alerts of the lake as built on ``dataset``.

    Raises:
        TruthMissing: the data set was not replayed into this home.
        NotBuilt: the marts were not built since.
    """
    truth = read_truth(settings.home, dataset)
    with connect(settings, read_only=True) as connection:
        progress(f"scoring the alerts on {dataset}")
        try:
            scores = score(connection, truth)
        except duckdb.CatalogException as error:
            raise NotBuilt("the lake holds no alerts: run 'vigil build' first") from error
        pin = snapshots.latest(connection)
    return Evaluation(
        dataset=dataset,
        pin=pin,
        accounts=truth.accounts.height,
        laundering_accounts=int(truth.accounts["is_laundering"].sum()),
        transactions=truth.transactions.height,
        laundering_transactions=int(truth.transactions["is_laundering"].sum()),
        scenarios=scores,
        placebo=placebo(settings, truth, pin, progress),
    )
