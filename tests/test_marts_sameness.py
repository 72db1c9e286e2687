"""Built all at once, day by day or with late data: the same alerts and the same cases."""

from __future__ import annotations

import random
from typing import Any

import marts_lake
import pytest
from landed_bank import Event, at
from marts_lake import BuiltLake, DecidedLake, MakeLake
from typologies import EXPECTED, bank

all_at_once = marts_lake.all_at_once
decided = marts_lake.decided
make_lake = marts_lake.make_lake

ALERTS = """
    select * exclude (raised_pin, withdrawn_pin) from lake.aml.alerts where withdrawn_pin is null order by alert_id
"""
# Tables that keep rows from build to build.
KEPT = (
    "select * exclude (_pin) from lake.intermediate.int_movements order by transaction_id",
    "select * from lake.intermediate.int_transfers order by transfer_id",
    "select * exclude (kept_pin) from lake.staging.stg_transaction_repeats order by _partition, _offset",
)
CASES = "select * from lake.str.cases {} order by case_id"
CHUNK_ENDS = (at(4), at(9), at(400))


def _chunks() -> list[list[Event]]:
    events, start, chunks = bank().events, at(-400), []
    for end in CHUNK_ENDS:
        chunks.append([event for event in events if start <= event.sent_at < end])
        start = end
    return chunks


@pytest.fixture(scope="module")
def day_by_day(make_lake: MakeLake) -> tuple[BuiltLake, list[tuple[Any, ...]]]:
    """A build a chunk, at a pin before the next chunk, which has landed by then; and what each build saw."""
    lake, chunks, seen = make_lake(), _chunks(), []
    lake.land(chunks[0])
    for following in [*chunks[1:], []]:
        pin = lake.newest()
        lake.land(following)
        lake.build_cases(pin)
        seen.append(
            lake.rows(
                """
                select
                    (select count(*) from lake.staging.stg_transactions),
                    (select max(booked_at) from lake.intermediate.int_movements),
                    (select max(_landed_at) from lake.staging.stg_fx_rate_versions),
                    (select max(detected_at) from lake.aml.alerts)
                """
            )[0]
        )
    return lake, seen


@pytest.fixture(scope="module")
def late(make_lake: MakeLake) -> BuiltLake:
    """Two builds; the events of all days land in them in no order."""
    lake, events = make_lake(), bank().events
    random.Random(7).shuffle(events)
    for chunk in (events[::2], events[1::2]):
        lake.land(chunk)
        lake.build_cases(lake.newest())
    return lake


def test_the_planted_subjects_are_alerted_and_no_other(all_at_once: BuiltLake) -> None:
    found = all_at_once.rows("select scenario_id, subject_id, detected_at from lake.aml.alerts")
    assert set(found) == EXPECTED
    assert len(found) == len(EXPECTED)


def test_day_by_day_gives_the_same_alerts_and_withdraws_none(
    all_at_once: BuiltLake, day_by_day: tuple[BuiltLake, list[tuple[Any, ...]]]
) -> None:
    lake, _ = day_by_day
    assert lake.rows(ALERTS) == all_at_once.rows(ALERTS)
    assert lake.rows("select distinct event from lake.aml.alert_log") == [("raised",)]
    assert len(lake.rows("select distinct pin from lake.aml.alert_log")) > 1


@pytest.fixture(scope="module")
def cases(decided: DecidedLake) -> list[tuple[Any, ...]]:
    """The cases built all at once, as they stood before anybody decided on them."""
    return decided.lake.rows(CASES.format(f"at (version => {decided.undecided})"))


def test_day_by_day_gives_the_same_cases(
    cases: list[tuple[Any, ...]], day_by_day: tuple[BuiltLake, list[tuple[Any, ...]]]
) -> None:
    assert day_by_day[0].rows(CASES.format("")) == cases


def test_late_data_gives_the_same_alerts_and_cases(
    all_at_once: BuiltLake, cases: list[tuple[Any, ...]], late: BuiltLake
) -> None:
    assert late.rows(ALERTS) == all_at_once.rows(ALERTS)
    assert late.rows(CASES.format("")) == cases


@pytest.mark.parametrize("rows", KEPT)
def test_what_is_kept_from_build_to_build_is_the_same(
    rows: str, all_at_once: BuiltLake, day_by_day: tuple[BuiltLake, list[tuple[Any, ...]]], late: BuiltLake
) -> None:
    assert day_by_day[0].rows(rows) == all_at_once.rows(rows)
    assert late.rows(rows) == all_at_once.rows(rows)


def test_what_late_data_changed_stays_in_the_log(late: BuiltLake) -> None:
    events = {event for (event,) in late.rows("select distinct event from lake.aml.alert_log")}
    assert "raised" in events
    assert events & {"withdrawn", "amended"}


def test_a_build_sees_nothing_landed_after_its_pin(day_by_day: tuple[BuiltLake, list[tuple[Any, ...]]]) -> None:
    _, seen = day_by_day
    keys: set[str] = set()
    for chunk, (movements, last_booked, last_rate, last_alert) in zip(_chunks(), seen, strict=True):
        moved = [event for event in chunk if event.topic == "bank.transactions"]
        keys |= {event.row["idempotency_key"] for event in moved}
        assert movements == len(keys)
        assert last_booked == max(event.row["booked_at"] for event in moved)
        assert last_rate == max(event.sent_at for event in chunk if event.topic == "reference.fx-rates")
        assert last_alert <= last_booked
