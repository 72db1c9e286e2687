"""A movement is priced with the rate that was known when it was booked."""

from __future__ import annotations

from decimal import Decimal

import marts_lake
from landed_bank import at
from marts_lake import BuiltLake

all_at_once = marts_lake.all_at_once

PRICED = "select booked_at, base_amount from lake.intermediate.int_movements where account_id = '{}' order by booked_at"


def test_a_correction_published_later_prices_nothing(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(PRICED.format("A-euro")) == [(at(3), Decimal("1100.0000"))]


def test_a_rate_prices_from_its_publication_on_and_the_first_one_also_what_was_before(all_at_once: BuiltLake) -> None:
    assert all_at_once.rows(PRICED.format("A-pound")) == [
        (at(3), Decimal("130.0000")),
        (at(6), Decimal("130.0000")),
        (at(7), Decimal("140.0000")),
    ]
