"""Every simulated event fits the contract of its topic."""

from __future__ import annotations

import polars as pl
import pytest
from conformity import faults
from simulated import small_bank

TOPICS = ("bank.parties", "bank.accounts", "bank.ownership", "bank.transactions", "reference.fx-rates")


@pytest.mark.parametrize("topic", TOPICS)
def test_every_event_fits_its_contract(topic: str) -> None:
    messages = small_bank().messages[topic]
    assert messages.height > 20
    assert faults(topic, messages) == []


def test_a_fault_would_be_found() -> None:
    # The judge itself is judged: an event with a wrong method, amount and no account must not pass.
    value = '{"transaction_id":"t","method":"barter","instructed_amount":"1.23456","account_id":"b","colour":"red"'
    booked = ',"booked_at":"2025-01-01T00:00:00.000000Z"}'
    broken = pl.DataFrame({"key": ["a"], "value": [value + booked], "timestamp": [0]})
    told = " ".join(faults("bank.transactions", broken))
    assert all(word in told for word in ("barter", "1.23456", "colour", "no idempotency_key", "key is not"))


@pytest.mark.parametrize("topic", TOPICS)
def test_messages_are_in_order_of_time(topic: str) -> None:
    assert small_bank().messages[topic]["timestamp"].is_sorted()


def test_references_hold() -> None:
    bank = small_bank()
    parties = set(bank.decoded("bank.parties")["party_id"])
    accounts = bank.decoded("bank.accounts")
    named = set(accounts["parties"].explode().struct.field("party_id"))
    ownership = bank.decoded("bank.ownership")
    assert named <= parties
    assert set(ownership["owner_id"]) | set(ownership["entity_id"]) <= parties
    assert set(bank.transactions["account_id"]) <= set(accounts["account_id"])
    for role in ("debtor_party_id", "creditor_party_id", "conductor_party_id"):
        assert set(bank.transactions[role].drop_nulls()) <= parties


def test_a_transfer_inside_the_bank_is_two_movements_that_agree() -> None:
    pairs = (
        small_bank()
        .transactions.unique("transaction_id")
        .filter(pl.col("reversal_of").is_null())
        .group_by("end_to_end_id")
        .agg(pl.len(), pl.col("direction").n_unique().alias("directions"), pl.col("instructed_amount").n_unique())
        .filter(pl.col("len") > 1)
    )
    assert pairs.height > 100
    assert pairs.select(pl.col("len").max(), pl.col("directions").min(), pl.col("instructed_amount").max()).row(0) == (
        2,
        2,
        1,
    )


def test_a_few_movements_are_sent_again_unchanged_and_a_few_are_reversed() -> None:
    bank = small_bank()
    twice = bank.transactions.group_by("idempotency_key").len().filter(pl.col("len") > 1)
    assert 0 < twice.height < bank.transactions.height * 0.005
    again = bank.messages["bank.transactions"].group_by("value").len().filter(pl.col("len") > 1)
    assert again.height == twice.height
    reversals = bank.transactions.filter(pl.col("reversal_of").is_not_null())
    assert 0 < reversals.height < bank.transactions.height * 0.005
    assert set(reversals["reversal_of"]) <= set(bank.transactions["transaction_id"])


def test_a_small_share_of_customers_lacks_due_diligence_data() -> None:
    people = small_bank().decoded("bank.parties").filter(pl.col("segment").is_in(["retail", "student", "private"]))
    gaps = people.filter(
        pl.any_horizontal(pl.col("tax_id", "occupation", "identifications", "phones", "source_of_funds").is_null())
    )
    assert 0 < gaps.height < people.height * 0.12


def test_names_come_in_many_scripts() -> None:
    names = "".join(small_bank().decoded("bank.parties")["name"])
    assert any("\u00c0" <= letter <= "\u024f" for letter in names)
    assert any("\u0400" <= letter <= "\u04ff" for letter in names)
