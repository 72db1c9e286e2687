"""Cash to report: in and out apart, all accounts and conductors of a person, on the business day of the bank's zone."""

from __future__ import annotations

from datetime import date, datetime
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


PERSONS = (
    "select business_day, report.cash_in, report.cash_out, role, party_id, person.cash_in, person.transaction_count "
    "from lake.rpt.rpt_ctr as report join lake.rpt.rpt_ctr_person as person using (report_id) where party_id "
)


def test_a_holder_and_who_brings_his_cash_are_in_one_report(all_at_once: BuiltLake) -> None:
    both = (Decimal(27000), Decimal(0))
    assert all_at_once.rows(PERSONS + "in ('P-clerk', 'P-shop') and business_day = '2026-01-12' order by role") == [
        (date(2026, 1, 12), *both, "for_another", "P-clerk", both[0], 3),
        (date(2026, 1, 12), *both, "on_behalf", "P-shop", both[0], 3),
    ]
    assert all_at_once.rows(
        "select count(distinct report_id) from lake.rpt.rpt_ctr join lake.rpt.rpt_ctr_person using (report_id) "
        "where party_id in ('P-clerk', 'P-shop') and business_day = '2026-01-12'"
    ) == [(1,)]


def test_joint_holders_are_in_one_report_of_what_one_of_them_paid_in(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(PERSONS + "like 'P-joint%' order by business_day, party_id") == [
        (date(2026, 1, 13), Decimal(0), Decimal(11000), "own_behalf", "P-joint2", Decimal(0), 1),
        (date(2026, 1, 14), Decimal(12000), Decimal(0), "on_behalf", "P-joint1", Decimal(12000), 1),
        (date(2026, 1, 14), Decimal(12000), Decimal(0), "own_behalf", "P-joint2", Decimal(12000), 1),
    ]


def test_a_day_is_complete_once_a_movement_after_it_has_landed(all_at_once: BuiltLake) -> None:
    days = all_at_once.rows(
        "select business_day, report_count, is_complete, ends_at from lake.rpt.rpt_ctr_day order by business_day"
    )
    assert days[0] == (date(2026, 1, 7), 2, True, datetime(2026, 1, 8, 5))
    assert days == all_at_once.rows(
        "select business_day, count(*), ends_at < known_until, business_day + 1 + interval 5 hour as ends_at "
        "from lake.rpt.rpt_ctr join lake.rpt.rpt_ctr_day using (business_day) group by all order by business_day"
    )
