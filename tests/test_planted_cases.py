"""Each planted typology is really in the events, as the truth says, and the truth is in no event."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from simulated import small_bank

PLANTED = {
    "structuring": 4,  # two by one person, two by hired hands
    "rapid_movement": 2,
    "mule_account": 2,
    "fan_in": 2,
    "fan_out": 2,
    "cycle": 2,
    "funnel_account": 2,
}
REPORTING_THRESHOLD = Decimal(10_000)


def planted(typology: str, variant: str | None = None) -> list[tuple[dict[str, object], pl.DataFrame]]:
    """(truth, movements) of each planted case that is no look-alike."""
    bank = small_bank()
    movements = bank.transactions.unique("transaction_id")
    rows = bank.truth.filter((pl.col("typology") == typology) & ~pl.col("is_lookalike"))
    if variant:
        rows = rows.filter(pl.col("variant") == variant)
    return [
        (case, movements.filter(pl.col("transaction_id").is_in(case["transaction_ids"])).sort("booked_at"))
        for case in rows.to_dicts()
    ]


def side(movements: pl.DataFrame, direction: str) -> pl.DataFrame:
    return movements.filter(pl.col("direction") == direction)


@pytest.mark.parametrize(("typology", "count"), PLANTED.items())
def test_planted_as_often_as_promised_and_found_in_the_events(typology: str, count: int) -> None:
    cases = planted(typology)
    assert len(cases) == count
    for case, movements in cases:
        assert movements.height == len(case["transaction_ids"]) > 1
        assert movements["booked_at"].min() == case["start"]
        assert movements["booked_at"].max() == case["end"]
        assert sorted(movements["account_id"].unique()) == case["account_ids"]


def test_no_subject_is_used_twice() -> None:
    subjects = small_bank().truth.filter(pl.col("variant") != "payroll")["subject_party_id"]
    assert subjects.n_unique() == subjects.len()


def test_structuring_by_one_person_stays_below_the_threshold_each_day_and_exceeds_it_together() -> None:
    for case, deposits in planted("structuring", "one_person"):
        daily = deposits.group_by(pl.col("local").dt.date()).agg(pl.col("settled_amount").sum())
        assert case["subject_type"] == "party"
        assert deposits["method"].unique().to_list() == ["cash"]
        assert deposits["settled_amount"].max() < REPORTING_THRESHOLD
        assert daily["settled_amount"].max() < REPORTING_THRESHOLD
        assert daily.height >= 4
        assert deposits["settled_amount"].sum() > REPORTING_THRESHOLD
        assert deposits["branch_id"].n_unique() >= 2
        assert deposits["conductor_party_id"].unique().to_list() == [case["subject_id"]]


def test_structuring_by_hired_hands_has_several_strangers_paying_in() -> None:
    segments = small_bank().decoded("bank.parties").unique("party_id").select("party_id", "segment")
    for case, deposits in planted("structuring", "hired_hands"):
        hands = deposits["conductor_party_id"].unique()
        assert hands.len() >= 3
        assert case["subject_id"] not in hands
        kinds = segments.filter(pl.col("party_id").is_in(hands.implode()))["segment"].unique().to_list()
        assert kinds == ["outsider"]
        assert deposits["settled_amount"].max() < REPORTING_THRESHOLD < deposits["settled_amount"].sum()


def test_rapid_movement_sends_nearly_all_on_within_two_days() -> None:
    for _, movements in planted("rapid_movement"):
        came, went = side(movements, "credit"), side(movements, "debit")
        assert came.height == 1
        assert went["settled_amount"].sum() >= came["settled_amount"].sum() * Decimal("0.8")
        assert went["booked_at"].max() - came["booked_at"].min() <= timedelta(hours=48)
        assert went["booked_at"].min() > came["booked_at"].max()


def test_mule_account_is_young_has_many_payers_and_is_emptied_at_once() -> None:
    opened = small_bank().decoded("bank.accounts").select("account_id", pl.col("opened_on").str.to_date())
    for case, movements in planted("mule_account"):
        came, went = side(movements, "credit"), side(movements, "debit")
        since = opened.filter(pl.col("account_id") == case["subject_id"])["opened_on"][0]
        started = case["start"]
        assert isinstance(started, datetime)
        assert started.date() - since < timedelta(days=60)
        assert came["debtor_account_id"].n_unique() >= 8
        assert went["settled_amount"].sum() >= came["settled_amount"].sum() * Decimal("0.85")
        assert went["booked_at"].max() - came["booked_at"].max() <= timedelta(hours=24)


def test_fan_in_and_fan_out_have_many_counterparties_within_days() -> None:
    for _, movements in planted("fan_in"):
        assert movements["debtor_account_id"].n_unique() >= 14
        assert movements["booked_at"].max() - movements["booked_at"].min() <= timedelta(days=10)
    for _, movements in planted("fan_out"):
        went = side(movements, "debit")
        assert went["creditor_account_id"].n_unique() >= 14
        assert went["booked_at"].max() - went["booked_at"].min() <= timedelta(days=5)


def test_a_cycle_comes_back_to_where_it_began() -> None:
    for case, movements in planted("cycle"):
        hops = side(movements, "debit").select("debtor_account_id", "creditor_account_id", "settled_amount")
        assert 3 <= hops.height <= 6
        assert hops["debtor_account_id"][0] == case["subject_id"] == hops["creditor_account_id"][-1]
        assert hops["debtor_account_id"].to_list()[1:] == hops["creditor_account_id"].to_list()[:-1]
        assert hops["settled_amount"].is_sorted(descending=True)


def test_a_funnel_account_takes_cash_in_many_towns_and_gives_it_out_in_another() -> None:
    for _, movements in planted("funnel_account"):
        came, went = side(movements, "credit"), side(movements, "debit")
        assert movements["method"].unique().to_list() == ["cash"]
        assert came["place_town"].n_unique() >= 4
        assert not set(came["place_town"]) & set(went["place_town"])
        assert went["settled_amount"].sum() >= came["settled_amount"].sum() * Decimal("0.7")


def test_no_event_tells_that_it_was_planted() -> None:
    words = ("case_no", "planted", "typology", "lookalike", *PLANTED, "hired")
    for topic, messages in small_bank().messages.items():
        told = messages["value"].str.to_lowercase()
        for word in words:
            assert not told.str.contains(word, literal=True).any(), (topic, word)
