"""What the source sent twice counts once; the same key with another body is shown as an incident."""

from __future__ import annotations

from decimal import Decimal

import marts_lake
from marts_lake import BuiltLake

all_at_once = marts_lake.all_at_once


def test_a_resent_movement_counts_once(all_at_once: BuiltLake) -> None:
    found = all_at_once.rows(
        "select settled_amount from lake.intermediate.int_movements where account_id = 'A-repeated'"
    )
    assert found == [(Decimal("700.0000"),)]


def test_resends_are_counted(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows("select resends from lake.staging.stg_transaction_resends") == [(2,)]


def test_another_body_is_an_incident_that_names_the_fields(all_at_once: BuiltLake) -> None:
    found = all_at_once.rows(
        "select account_id, differing_fields, _offset > kept_offset from lake.staging.stg_transaction_conflicts"
    )
    assert found == [("A-repeated", ["instructed_amount", "settled_amount"], True)]
