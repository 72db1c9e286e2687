"""Simulated officers: candidates only, four eyes, times that follow from the case, the same events each time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
from conformity import faults

from contracts.decisions import TOPIC
from simulator.officers import as_messages, decide

LATER = datetime(2025, 4, 1)


def cases(count: int = 10) -> pl.DataFrame:
    """Candidate cases of rising amount, the first of high priority; the last is open already."""
    return pl.DataFrame(
        {
            "case_id": [f"C{number:02d}" for number in range(count)],
            "status": ["candidate"] * (count - 1) + ["open"],
            "priority": ["high", *["normal"] * (count - 1)],
            "last_alert_at": [datetime(2025, 1, 10 + number, 17, 30) for number in range(count)],
            "amount": [Decimal(10_000 + number * 1000) for number in range(count)],
            "scenarios": [["structuring"] if number % 2 else ["fan_in", "mule_account"] for number in range(count)],
            "transaction_count": list(range(5, 5 + count)),
            "base_currency": ["USD"] * count,
        }
    )


def test_every_decision_fits_its_contract() -> None:
    messages = as_messages(decide(cases(), LATER))[TOPIC]
    assert messages.height > 30
    assert faults(TOPIC, messages) == []


def test_a_report_is_approved_by_another_officer_than_the_one_who_disposed_of_it() -> None:
    decisions = decide(cases(), LATER, report_share=0.3)
    disposed = decisions.filter(pl.col("disposition") == "report").select("case_id", "officer_id", "decided_at")
    approved = decisions.filter(pl.col("act") == "approved")
    both = disposed.join(approved, on="case_id", suffix="_approver")
    assert disposed.height == both.height == 2  # three in ten of the nine candidates
    assert both.filter(pl.col("officer_id") == pl.col("officer_id_approver")).height == 0
    assert both.filter(pl.col("decided_at_approver") <= pl.col("decided_at")).height == 0
    assert approved["officer_role"].unique().to_list() == ["mlro"]


def test_the_most_pressing_and_then_the_largest_cases_are_reported_and_the_others_closed_with_a_reason() -> None:
    decisions = decide(cases(), LATER, report_share=0.3).filter(pl.col("act") == "disposed")
    assert sorted(decisions.filter(pl.col("disposition") == "report")["case_id"]) == ["C00", "C08"]
    assert decisions["reason"].null_count() == 0
    assert decisions.filter(pl.col("disposition") == "no_report").height == 7


def test_only_candidates_whose_last_alert_has_come_are_touched() -> None:
    assert "C09" not in decide(cases(), LATER)["case_id"].to_list()
    early = decide(cases(), datetime(2025, 1, 12, 18))["case_id"].unique().sort().to_list()
    assert early == ["C00", "C01", "C02"]
    assert decide(cases(), datetime(2025, 1, 1)).height == 0


def test_each_case_goes_through_its_acts_in_order_during_office_hours() -> None:
    decisions = decide(cases(), LATER)
    zone = ZoneInfo("America/New_York")
    for (case_id,), acts in decisions.sort("decided_at").partition_by("case_id", as_dict=True).items():
        assert acts["act"].to_list()[:4] == ["opened", "assigned", "noted", "disposed"], case_id
        assert (
            acts["assigned_to"].drop_nulls().to_list()
            == acts.filter(pl.col("act") == "disposed")["officer_id"].to_list()
        )
    for moment in decisions["decided_at"].dt.replace_time_zone("UTC"):
        local = moment.astimezone(zone)
        assert local.weekday() < 5
        assert 9 <= local.hour < 17


def test_the_same_cases_give_the_same_decisions_in_whatever_order_they_come() -> None:
    assert decide(cases(), LATER).equals(decide(cases().reverse().to_dicts(), datetime(2025, 12, 31)))
