"""Innocent look-alikes are in the events, marked in the truth, and explained by what the bank knows of them."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from simulated import small_bank

VARIANTS = ("cash_shop", "large_cash", "student_family", "payroll", "landlord", "charity", "house_purchase")


def lookalikes(variant: str) -> list[tuple[dict[str, object], pl.DataFrame]]:
    """(truth, movements) of each look-alike of a variant."""
    bank = small_bank()
    movements = bank.transactions.unique("transaction_id")
    named = pl.col("variant") if variant != "large_cash" else pl.col("typology")
    return [
        (case, movements.filter(pl.col("transaction_id").is_in(case["transaction_ids"])))
        for case in bank.truth.filter(pl.col("is_lookalike") & (named == variant)).to_dicts()
    ]


def party(party_id: object) -> dict[str, object]:
    parties = small_bank().decoded("bank.parties")
    return parties.filter(pl.col("party_id") == party_id).row(0, named=True)


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_kind_occurs_twice_with_its_movements(variant: str) -> None:
    cases = lookalikes(variant)
    assert len(cases) == 2
    for case, movements in cases:
        assert movements.height == len(case["transaction_ids"]) >= 2


def test_every_other_case_is_marked_as_planted() -> None:
    marked = small_bank().truth.group_by("is_lookalike").len().sort("is_lookalike")
    assert marked["len"].to_list() == [16, 14]


def test_the_shop_banks_about_9000_each_business_day_as_it_declared() -> None:
    for case, deposits in lookalikes("cash_shop"):
        shop = party(case["subject_party_id"])
        assert deposits["local"].dt.date().n_unique() == deposits.height >= 39  # each business day but the holidays
        assert Decimal(8600) <= deposits["settled_amount"].min() <= deposits["settled_amount"].max() < Decimal(10_000)
        assert "Cash takings" in str(shop["source_of_funds"])
        assert Decimal(str(shop["expected_monthly_turnover"])) >= deposits["settled_amount"].sum() / 2


def test_large_cash_is_above_the_reporting_threshold_at_once() -> None:
    for _, deposits in lookalikes("large_cash"):
        assert deposits["settled_amount"].min() > Decimal(10_000)
        assert deposits["method"].unique().to_list() == ["cash"]


def test_the_student_is_paid_by_several_relatives_on_a_new_account() -> None:
    for case, credits in lookalikes("student_family"):
        assert party(case["subject_party_id"])["segment"] == "student"
        assert credits["debtor_account_id"].n_unique() >= 4
        assert credits["purpose"].unique().to_list() == ["FAMI"]


def test_the_landlord_and_the_payroll_company_have_many_counterparties_on_one_day() -> None:
    for _, rents in lookalikes("landlord"):
        assert rents["debtor_account_id"].n_unique() >= 15
    for _, wages in lookalikes("payroll"):
        per_day = wages.group_by(pl.col("local").dt.date()).agg(pl.col("creditor_account_id").n_unique())
        assert per_day["creditor_account_id"].min() >= 30
