"""The placebo: without the labelled transfers the scenario that they made fire is silent, and the others still fire."""

from __future__ import annotations

import marts_lake
import polars as pl
from marts_lake import MakeLake
from typologies import EXPECTED, bank

from detection.placebo import placebo
from detection.ranking import Periods
from detection.truth import Truth

make_lake = marts_lake.make_lake

LABELLED = "A-fanout"


def test_what_the_labelled_transfers_made_fire_is_silent(make_lake: MakeLake) -> None:
    lake, events = make_lake(), bank().events
    lake.land(events)
    before = lake.newest()
    moved = [event.row for event in events if event.topic == "bank.transactions"]
    accounts = sorted({row["account_id"] for row in moved})
    labels = {row["end_to_end_id"]: row["account_id"] == LABELLED for row in moved}
    truth = Truth(
        "made for the test",
        pl.DataFrame({"account_id": accounts, "is_laundering": [account == LABELLED for account in accounts]}),
        pl.DataFrame({"end_to_end_id": list(labels), "is_laundering": list(labels.values())}),
    )

    booked = [row["booked_at"] for row in moved]
    periods = Periods(min(booked), min(booked), max(booked), truth.accounts, truth.accounts, truth.transactions)
    scored = placebo(lake.settings, truth, periods, before, lambda _: None)
    found = {each.scenario_id: each for each in scored.scenarios}

    planted = {scenario for scenario, *_ in EXPECTED}
    assert ("fan_out", LABELLED) in {(scenario, subject) for scenario, subject, _ in EXPECTED}
    assert {"any"} | planted <= set(found)
    assert (found["fan_out"].alerts, found["fan_out"].account_recall) == (0, 0.0)
    assert all(found[scenario].alerts for scenario in planted - {"fan_out"})
    assert (found["any"].account_recall, found["any"].transaction_recall) == (0.0, 0.0)
    found_by_chance = scored.accounts.average_precision
    assert found_by_chance is not None
    assert found_by_chance < 0.5, "whoever is labelled is not in the queue"
    assert lake.newest() == before, "the real lake is left alone"
