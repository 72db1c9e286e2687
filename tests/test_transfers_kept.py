"""Transfers are kept from build to build; what lands later pairs them anew where it must."""

from __future__ import annotations

from typing import Any

import marts_lake
import pytest
from landed_bank import Bank, Event, at
from marts_lake import BuiltLake, MakeLake

make_lake = marts_lake.make_lake

TRANSFERS = """
    select end_to_end_id, debit_transaction_id, credit_transaction_id, is_internal, base_amount::integer
    from lake.intermediate.int_transfers
    order by all
"""


@pytest.fixture
def lake(make_lake: MakeLake) -> BuiltLake:
    """An empty lake."""
    return make_lake()


def _built(lake: BuiltLake, *events: Event) -> list[tuple[Any, ...]]:
    lake.land(list(events))
    lake.dbt(lake.newest(), "build", "--select", "+int_transfers", "--exclude-resource-types", "test", "unit_test")
    return lake.rows(TRANSFERS)


def test_legs_that_land_in_different_builds_are_paired_and_a_key_sent_before_leaves_its_transfer(
    lake: BuiltLake,
) -> None:
    bank = Bank()
    payer, payee = bank.customer("payer"), bank.customer("payee")
    between = {"debtor_account_id": payer, "creditor_account_id": payee}
    debit = bank.move(payer, "debit", 100, at(3), end_to_end_id="E-other", **between)
    bystander = bank.move(payer, "debit", 55, at(3), end_to_end_id="E-bystander", **between)
    held = len(bank.events)
    credit = bank.move(payee, "credit", 100, at(3), end_to_end_id="E-other", **between)
    # The source had sent the debit before, with another body; it landed last.
    first_body = {name: value for name, value in debit.row.items() if not name.startswith("_")}
    first_sent = bank.send(
        "bank.transactions", at(2), **first_body | {"transaction_id": "T-0", "end_to_end_id": "E-first"}
    )
    debit_id, credit_id = debit.row["transaction_id"], credit.row["transaction_id"]
    alone = ("E-bystander", bystander.row["transaction_id"], None, False, 55)

    assert _built(lake, *bank.events[:held]) == [alone, ("E-other", debit_id, None, False, 100)]
    assert _built(lake, credit) == [alone, ("E-other", debit_id, credit_id, True, 100)]
    apart = [alone, ("E-first", "T-0", None, False, 100), ("E-other", None, credit_id, False, 100)]
    assert _built(lake, first_sent) == apart
    assert _built(lake) == apart
    assert lake.rows("select kept_transaction_id, differing_fields from lake.staging.stg_transaction_conflicts") == [
        ("T-0", ["transaction_id", "end_to_end_id"])
    ]
