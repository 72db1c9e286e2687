"""Replay of an AMLGentex transaction log: 10,000 labelled accounts over 100 days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from simulator.bank import START
from simulator.places import TOWNS
from simulator.published import published
from simulator.replay_transfers import Replay, TransferLog

NAME = "amlgentex"
OPENING = "INITALBALANCE"  # as the log spells it


def amlgentex(shared: Path | None = None, start: date = START) -> Replay:
    """The log of ``data/amlgentex`` as a replay from ``start`` on.

    The record type CASH occurs on labelled accounts only, so it is not told apart from other spending in the events.

    Raises:
        SharedMissing: the data set is not there.
    """
    folder = published(NAME, shared)
    accounts = pl.read_csv(folder / "accounts.csv")
    log = pl.read_parquet(folder / "tx_log.parquet")
    cities = {city: index % len(TOWNS) for index, city in enumerate(sorted(accounts["CITY"].unique()))}
    return Replay(
        TransferLog(
            name=NAME,
            accounts=accounts.select(
                pl.col("ACCOUNT_ID").alias("number"),
                pl.col("CITY").replace_strict(cities, return_dtype=pl.Int64).alias("town"),
                pl.col("AGE").alias("age"),
                pl.col("SALARY").alias("turnover"),
                pl.col("IS_SAR").alias("is_labelled"),
            ),
            transfers=log.select(
                pl.col("type").cast(pl.String).alias("record_type"),
                "step",
                "amount",
                _inside("nameOrig").alias("debtor"),
                _inside("nameDest").alias("creditor"),
                (pl.col("type").cast(pl.String) == OPENING).alias("is_opening"),
                (pl.col("isSAR") == 1).alias("is_labelled"),
                pl.when(pl.col("isSAR") == 1).then("patternID").cast(pl.Int64).alias("pattern_id"),
            ),
        ),
        start,
    )


def _inside(column: str) -> pl.Expr:
    """The account number; null for -1 and -2, the log's sink and source."""
    return pl.when(pl.col(column) >= 0).then(pl.col(column).cast(pl.Int64))
