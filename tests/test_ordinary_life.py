"""The simulated bank lives as a bank does: paydays, rent days, opening hours, currencies, sensible spending."""

from __future__ import annotations

from datetime import date

import polars as pl
from simulated import small_bank

START_OF_BUSINESS, END_OF_BUSINESS = 9, 17


def test_salaries_come_on_the_25th_or_the_last_business_day_or_the_business_day_before() -> None:
    paid = small_bank().transactions.filter(pl.col("purpose") == "SALA")["local"].dt.date().unique().sort().to_list()
    # 25 January 2025 is a Saturday; 31 January, 25 and 28 February are business days.
    assert paid == [date(2025, 1, 24), date(2025, 1, 31), date(2025, 2, 25), date(2025, 2, 28)]


def test_rent_is_paid_on_the_first_business_day() -> None:
    households = small_bank().transactions.filter((pl.col("purpose") == "RENT") & (pl.col("direction") == "debit"))
    # 1 January is a holiday, 1 February 2025 a Saturday.
    assert households["local"].dt.date().unique().sort().to_list() == [date(2025, 1, 2), date(2025, 2, 3)]


def test_the_counter_is_open_on_business_days_in_business_hours() -> None:
    counter = small_bank().transactions.filter(pl.col("channel") == "branch")["local"]
    holidays = {date(2025, 1, 1), date(2025, 1, 20), date(2025, 2, 17)}
    assert counter.len() > 100
    assert counter.dt.weekday().max() <= 5
    assert not set(counter.dt.date()) & holidays
    assert counter.dt.hour().min() >= START_OF_BUSINESS
    assert counter.dt.hour().max() < END_OF_BUSINESS


def test_weekends_have_cards_but_no_salaries() -> None:
    weekend = small_bank().transactions.filter(pl.col("local").dt.weekday() > 5)
    assert weekend.filter(pl.col("method") == "card").height > 100
    assert weekend.filter(pl.col("purpose") == "SALA").height == 0


def test_several_currencies_are_converted_at_the_rate_of_the_day_before() -> None:
    bank = small_bank()
    foreign = bank.transactions.filter(pl.col("instructed_currency") != pl.col("settled_currency"))
    assert foreign["instructed_currency"].n_unique() >= 4
    rates = bank.decoded("reference.fx-rates").select(
        pl.col("base_currency"),
        pl.col("rate").cast(pl.Float64),
        pl.col("rate_date").str.to_date().dt.offset_by("1d").alias("day"),
    )
    dollars = (
        foreign.filter(pl.col("settled_currency") == "USD")
        .with_columns(pl.col("local").dt.date().alias("day"))
        .sort("day")
        .join_asof(
            rates.sort("day"), on="day", by_left="instructed_currency", by_right="base_currency", check_sortedness=False
        )
    )
    error = (
        dollars["instructed_amount"].cast(pl.Float64) * dollars["rate"] - dollars["settled_amount"].cast(pl.Float64)
    ).abs()
    assert dollars.height > 50
    assert error.max() <= 0.0051


def test_persons_do_not_spend_absurdly_more_than_they_have() -> None:
    bank = small_bank()
    planted = bank.truth["account_ids"].explode().unique()
    current = bank.decoded("bank.accounts").filter(pl.col("account_type") == "current")["account_id"].unique()
    moved = (
        bank.transactions.unique("transaction_id")
        .filter(pl.col("account_id").is_in(current.implode()) & ~pl.col("account_id").is_in(planted.implode()))
        .group_by("account_id")
        .agg(
            pl.col("settled_amount").filter(pl.col("direction") == "credit").sum().alias("came"),
            pl.col("settled_amount").filter(pl.col("direction") == "debit").sum().alias("went"),
        )
    )
    overdrawn = moved.filter(pl.col("went") > pl.col("came") * 1.5 + 500)
    assert moved.height > 50
    assert overdrawn.height <= moved.height * 0.05


def test_nothing_moves_on_an_account_before_it_is_opened() -> None:
    bank = small_bank()
    opened = bank.decoded("bank.accounts").select("account_id", pl.col("opened_on").str.to_date()).unique("account_id")
    joined = bank.transactions.join(opened, on="account_id")
    assert joined.filter(pl.col("local").dt.date() < pl.col("opened_on")).height == 0
    assert opened.filter(pl.col("opened_on") > date(2025, 1, 1)).height >= 2
