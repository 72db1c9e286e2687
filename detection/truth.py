"""The labels of a replayed data set: they lie outside the topics, and only evaluation reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from detection.errors import TruthMissing


@dataclass(frozen=True)
class Truth:
    """Labels of one data set.

    ``accounts``: account_id, is_laundering. ``transactions``: end_to_end_id, is_laundering; one row a record of the
    published log.
    """

    dataset: str
    accounts: pl.DataFrame
    transactions: pl.DataFrame


def read_truth(home: Path, dataset: str) -> Truth:
    """The labels that ``vigil replay`` wrote under ``home``.

    Raises:
        TruthMissing: the data set was not replayed into this home.
    """
    path = home / "truth" / f"{dataset}.parquet"
    if not path.is_file():
        raise TruthMissing(f"{path} does not exist: run 'vigil replay {dataset}' first")
    labels = pl.read_parquet(path)
    return Truth(
        dataset,
        labels.filter(pl.col("kind") == "account").select("account_id", is_laundering="is_labelled"),
        labels.filter(pl.col("kind") == "transfer").select("end_to_end_id", is_laundering="is_labelled"),
    )
