"""Cash to report: in and out apart, all accounts and conductors of a person, on the business day of the bank's zone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import marts_lake
from marts_lake import BuiltLake

all_at_once = marts_lake.all_at_once

ONE = "select party_id, business_day, direction, cash_amount from lake.structuring.ctr_reportable where party_id = "


def test_accounts_of_one_person_are_added_up(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(ONE + "'P-large'") == [("P-large", date(2026, 1, 7), "in", Decimal("10000.0100"))]


def test_the_day_is_that_of_the_banks_zone(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(ONE + "'P-night'") == [("P-night", date(2026, 1, 7), "in", Decimal("12000.0000"))]


def test_a_weekend_counts_for_the_next_business_day(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(ONE + "'P-weekend'") == [("P-weekend", date(2026, 1, 12), "in", Decimal("12000.0000"))]


def test_a_conductor_counts_as_well_as_the_holder(all_at_once: BuiltLake) -> None:
    both = all_at_once.rows(
        "select party_id, cash_amount from lake.structuring.ctr_reportable "
        "where business_day = '2026-01-12' and party_id in ('P-shop', 'P-clerk') order by party_id"
    )
    assert both == [("P-clerk", Decimal("27000.0000")), ("P-shop", Decimal("27000.0000"))]


def test_a_joint_holder_draws_for_himself_and_deposits_for_all(all_at_once: BuiltLake) -> None:
    found = all_at_once.rows(
        "select party_id, direction, cash_amount from lake.structuring.ctr_reportable "
        "where party_id like 'P-joint%' order by direction, party_id"
    )
    assert found == [
        ("P-joint1", "in", Decimal("12000.0000")),
        ("P-joint2", "in", Decimal("12000.0000")),
        ("P-joint2", "out", Decimal("11000.0000")),
    ]


def test_the_filing_table_holds_what_is_reportable(all_at_once: BuiltLake) -> None:
    printed = all_at_once.rows("select ctr_id, cash_amount from lake.rpt.rpt_ctr order by ctr_id")
    assert printed == all_at_once.rows(
        "select ctr_id, cash_amount from lake.structuring.ctr_reportable order by ctr_id"
    )
    assert printed
