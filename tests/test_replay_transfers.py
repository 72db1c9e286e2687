"""Published transaction logs as our events: counts and sums are the files', no label is in any event."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from conformity import faults

from simulator.errors import SharedMissing
from simulator.replay_amlgentex import amlgentex
from simulator.replay_amlsim import amlsim
from simulator.replay_transfers import Replay, TransferLog, to_cents

SHARED = Path(os.environ.get("VIGIL_SHARED", "../shared"))
needs_shared = pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="skipped: ../shared not present")
MOVEMENT = {
    "end_to_end_id": pl.String,
    "account_id": pl.String,
    "direction": pl.String,
    "method": pl.String,
    "channel": pl.String,
    "instructed_amount": pl.String,
    "debtor_account_id": pl.String,
    "creditor_account_id": pl.String,
}


def small_log() -> TransferLog:
    """Three accounts; two openings, a labelled transfer, an ordinary one, one to and one from outside."""
    accounts = pl.DataFrame(
        {"number": [0, 1, 2], "town": [0, 1, 2], "age": [30, 40, 50], "turnover": [1000.0, 2000.0, 3000.0]}
    ).with_columns(pl.Series("is_labelled", [True, True, False]))
    transfers = pl.DataFrame(
        {
            "record_type": ["OPENING", "OPENING", "TRANSFER", "TRANSFER", "CASH", "TRANSFER"],
            "step": [0, 0, 1, 1, 2, 3],
            "amount": [100.0, 50.25, 9.999, 20.001, 3.5, 7.0],
            "debtor": [None, None, 0, 1, 2, None],
            "creditor": [0, 1, 1, 2, None, 2],
            "is_opening": [True, True, False, False, False, False],
            "is_labelled": [False, False, True, False, False, False],
            "pattern_id": [None, None, 5, None, None, None],
        },
        schema_overrides={"debtor": pl.Int64, "creditor": pl.Int64, "pattern_id": pl.Int64},
    )
    return TransferLog("tiny", accounts, transfers)


def movements_of(replay: Replay) -> pl.DataFrame:
    """The movements of a replay, decoded; ``replay.summary`` is complete afterwards."""
    parts: Iterable[pl.DataFrame] = (
        pl.read_ndjson(io.BytesIO("\n".join(batch["bank.transactions"]["value"]).encode()), schema=MOVEMENT)
        for batch in replay.batches()
        if "bank.transactions" in batch
    )
    return pl.concat(parts).with_columns(pl.col("instructed_amount").cast(pl.Decimal(18, 4)))


def test_each_record_becomes_one_movement_on_each_account_of_ours() -> None:
    replay = Replay(small_log(), date(2025, 1, 1))
    movements = movements_of(replay)
    assert movements.height == 8  # two transfers inside the bank have both legs, four records have one
    assert movements["end_to_end_id"].n_unique() == 6
    assert replay.summary == {
        "CASH": {"records": 1, "sum": Decimal("3.50")},
        "OPENING": {"records": 2, "sum": Decimal("150.25")},
        "TRANSFER": {"records": 3, "sum": Decimal("37.00")},
    }
    assert movements.filter(pl.col("method") == "opening").height == 2


def test_the_record_type_that_gives_the_label_away_is_not_told_apart() -> None:
    movements = movements_of(Replay(small_log(), date(2025, 1, 1)))
    looks = movements.filter(pl.col("method") != "opening").select("method", "channel").unique()
    assert looks.rows() == [("credit_transfer", "online")]


def test_every_event_of_a_replay_fits_its_contract() -> None:
    for batch in Replay(small_log(), date(2025, 1, 1)).batches():
        for topic, messages in batch.items():
            assert messages.height >= 3
            assert faults(topic, messages) == []


def test_fractions_of_a_cent_are_rounded_so_that_the_sum_is_kept() -> None:
    amounts = pl.Series([1.004, 1.004, 1.004, 2.5, 0.000001, 1e6])
    cents = to_cents(amounts)
    assert cents.sum() == round(math.fsum(amounts) * 100)
    assert (cents - amounts * 100).abs().max() < 1


def test_a_missing_folder_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SharedMissing, match="VIGIL_SHARED"):
        amlgentex(tmp_path)


@needs_shared
def test_amlgentex_counts_and_sums_are_the_files() -> None:
    log = pl.read_parquet(SHARED / "data/amlgentex/tx_log.parquet")
    replay = amlgentex(SHARED)
    movements = movements_of(replay)
    records = movements.unique("end_to_end_id")
    assert records.height == log.height == 678_984
    assert records["instructed_amount"].sum() == _to_the_cent(log["amount"])
    inside = log.filter((pl.col("nameOrig") >= 0) & (pl.col("nameDest") >= 0))
    both = records.filter(pl.col("debtor_account_id").is_not_null() & pl.col("creditor_account_id").is_not_null())
    assert both.height == inside.height == 111_377
    assert both["instructed_amount"].sum() == _to_the_cent(inside["amount"])
    assert movements.height == log.height + inside.height
    by_type = {str(kind): group["amount"] for (kind,), group in log.partition_by("type", as_dict=True).items()}
    assert replay.summary == {
        kind: {"records": amounts.len(), "sum": _to_the_cent(amounts)} for kind, amounts in by_type.items()
    }
    _no_label_shows(movements, replay)


@needs_shared
def test_amlgentex_truth_holds_the_published_labels(tmp_path: Path) -> None:
    truth = pl.read_parquet(amlgentex(SHARED).write_truth(tmp_path))
    accounts = pl.read_csv(SHARED / "data/amlgentex/accounts.csv")
    log = pl.read_parquet(SHARED / "data/amlgentex/tx_log.parquet")
    labelled = truth.filter(pl.col("is_labelled")).group_by("kind").len().sort("kind").rows()
    assert labelled == [("account", accounts["IS_SAR"].sum()), ("transfer", log["isSAR"].sum())]
    patterns = truth["pattern_id"].drop_nulls().unique().sort()
    assert patterns.equals(
        log.filter(pl.col("isSAR") == 1)["patternID"].cast(pl.Int64).unique().sort().alias("pattern_id")
    )


@needs_shared
def test_amlsim_counts_and_sums_are_the_files() -> None:
    replay = amlsim(SHARED)
    movements = movements_of(replay)
    opened = replay.log.transfers.filter(pl.col("is_opening"))
    moved = replay.log.transfers.filter(~pl.col("is_opening"))
    assert replay.summary == {
        "OPENING": {"records": 20_000, "sum": _to_the_cent(opened["amount"])},
        "TRANSFER": {"records": 120_558, "sum": _to_the_cent(moved["amount"])},
    }
    assert movements.height == 20_000 + 2 * 120_558
    assert movements.unique("end_to_end_id")["instructed_amount"].sum() == _to_the_cent(replay.log.transfers["amount"])
    _no_label_shows(movements, replay)


def _to_the_cent(amounts: pl.Series) -> Decimal:
    return Decimal(round(math.fsum(amounts.to_list()) * 100)).scaleb(-2)


def _no_label_shows(movements: pl.DataFrame, replay: Replay) -> None:
    """Labelled transfers look like the others: same method and channel, and spread over the numbers of their days."""
    truth = replay.truth().filter(pl.col("kind") == "transfer").select("end_to_end_id", "is_labelled", "step")
    ordinary = movements.filter(pl.col("method") != "opening")
    assert ordinary.select(pl.struct("method", "channel").n_unique()).item() == 1
    place = truth.with_columns(
        (pl.col("end_to_end_id").rank().over("step") / pl.len().over("step")).alias("place_in_day")
    )
    middle = place.filter(pl.col("is_labelled"))["place_in_day"].mean()
    assert isinstance(middle, float)
    assert 0.45 < middle < 0.55
