"""Replay of IBM's AMLSim sample: 20,000 accounts with fan-in and cycle patterns among them."""

from __future__ import annotations

import io
import tarfile
from datetime import date
from pathlib import Path

import polars as pl

from simulator.bank import START
from simulator.errors import SharedMissing
from simulator.published import published
from simulator.replay_transfers import Replay, TransferLog

NAME = "amlsim"
ARCHIVE = "amlsim/20K_fanin200cycle200.tgz"
OPENING = "OPENING"
TRANSFER = "TRANSFER"
AGE_YEARS = 40


def amlsim(shared: Path | None = None, start: date = START) -> Replay:
    """The sample of ``data/amlsim`` as a replay that begins on ``start``, its initial balances as openings.

    It labels accounts, not transfers; here a transfer between two labelled accounts counts as labelled. The
    file has neither town nor age of an account; both are made up evenly.

    Raises:
        SharedMissing: the data set is not there, or lacks a table.
    """
    nodes, transfers = (_member(published(ARCHIVE, shared), table) for table in ("nodes.csv", "transactions.csv"))
    labelled = nodes.filter(pl.col("isFraud") == 1)["nodeid"].implode()
    openings = nodes.select(
        pl.lit(OPENING).alias("record_type"),
        pl.lit(0, dtype=pl.Int64).alias("step"),
        pl.col("init_balance").alias("amount"),
        pl.lit(None, dtype=pl.Int64).alias("debtor"),
        pl.col("nodeid").alias("creditor"),
        pl.lit(True).alias("is_opening"),
        pl.lit(False).alias("is_labelled"),
    )
    moved = transfers.select(
        pl.lit(TRANSFER).alias("record_type"),
        pl.col("time").alias("step"),
        pl.col("value").alias("amount"),
        pl.col("sourceNodeId").alias("debtor"),
        pl.col("targetNodeId").alias("creditor"),
        pl.lit(False).alias("is_opening"),
        (pl.col("sourceNodeId").is_in(labelled) & pl.col("targetNodeId").is_in(labelled)).alias("is_labelled"),
    )
    accounts = nodes.select(
        pl.col("nodeid").alias("number"),
        (pl.col("nodeid") % 10).alias("town"),
        pl.lit(AGE_YEARS, dtype=pl.Int64).alias("age"),
        pl.lit(1000.0).alias("turnover"),
        (pl.col("isFraud") == 1).alias("is_labelled"),
    )
    both = pl.concat([openings, moved]).with_columns(pl.lit(None, dtype=pl.Int64).alias("pattern_id"))
    return Replay(TransferLog(NAME, accounts, both), start)


def _member(archive: Path, table: str) -> pl.DataFrame:
    with tarfile.open(archive, "r:gz") as opened:
        for member in opened:
            if member.isfile() and Path(member.name).name == table:
                content = opened.extractfile(member)
                if content is not None:
                    return pl.read_csv(io.BytesIO(content.read()), infer_schema_length=None)
    raise SharedMissing(f"{archive} holds no {table}; fetch the archive again")
