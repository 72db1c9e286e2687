"""How good the scenarios are on a published labelled data set, with the placebo beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from detection.placebo import placebo
from detection.ranking import periods
from detection.scored import Scored, scored
from detection.truth import read_truth
from lakehouse.attach import connect
from lakehouse.errors import NotBuilt
from lakehouse.settings import Settings

NOT_BUILT = "the lake holds no alerts: run 'vigil build' first"


@dataclass(frozen=True)
class Evaluation:
    """The scores of one data set.

    ``laundering_accounts`` and ``laundering_transactions`` are the labels there are to find. A figure of ``alerts``
    means something only by its distance from the same figure of ``placebo``. ``days`` is how long the data set is.
    """

    dataset: str
    pin: int
    accounts: int
    laundering_accounts: int
    transactions: int
    laundering_transactions: int
    days: float
    alerts: Scored
    placebo: Scored


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
            found = periods(connection, truth)
            alerts = scored(connection, truth, found)
        except duckdb.CatalogException as error:
            raise NotBuilt(NOT_BUILT) from error
        pin = _built_at(connection)
    return Evaluation(
        dataset=dataset,
        pin=pin,
        accounts=truth.accounts.height,
        laundering_accounts=int(truth.accounts["is_laundering"].sum()),
        transactions=truth.transactions.height,
        laundering_transactions=int(truth.transactions["is_laundering"].sum()),
        days=found.days,
        alerts=alerts,
        placebo=placebo(settings, truth, found, pin, progress),
    )


def _built_at(connection: duckdb.DuckDBPyConnection) -> int:
    """The snapshot of landing that the alerts were built from, so that the placebo sees the same events."""
    row = connection.execute("select max(pin) from lake.ledger.watermarks where model = 'aml.alert_log'").fetchone()
    if row is None or row[0] is None:
        raise NotBuilt(NOT_BUILT)
    return int(row[0])
