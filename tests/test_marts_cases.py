"""Decisions fold into cases; an act that breaks a rule has no effect and is shown."""

from __future__ import annotations

import marts_lake
import pytest
from landed_bank import Bank, at
from marts_lake import BuiltLake, MakeLake
from typologies import bank

make_lake = marts_lake.make_lake

# What happens to the case of each subject, and what becomes of it.
STORIES = {
    "P-splitter": "approved",
    "P-hirer": "disposed",
    "A-mule": "rejected",
    "A-rapid": "open",
    "A-fanout": "open",
    "A-funnel": "approved",
    "A-ring1": "candidate",
    "P-runner": "open",
}


@pytest.fixture(scope="module")
def decided(make_lake: MakeLake) -> BuiltLake:
    """Built, decided on, and built again."""
    lake, acts = make_lake(), Bank()
    lake.land(bank().events)
    lake.build_cases(lake.newest())
    case = {str(subject): str(case) for subject, case in lake.rows("select subject_id, case_id from lake.str.cases")}
    acts.decide(case["P-splitter"], "opened", "o1", at(40))
    acts.decide(case["P-splitter"], "disposed", "o1", at(41), disposition="report", reason="Cash split over branches.")
    acts.decide(case["P-splitter"], "noted", "o2", at(42), narrative="What we saw.")
    acts.decide(case["P-splitter"], "approved", "o2", at(43))
    acts.decide(case["P-hirer"], "disposed", "o1", at(41), disposition="report")
    acts.decide(case["P-hirer"], "approved", "o1", at(42))
    acts.decide(case["A-mule"], "disposed", "o1", at(41), disposition="no_report")
    acts.decide(case["A-mule"], "rejected", "o2", at(42))
    acts.decide(case["A-rapid"], "approved", "o2", at(42))
    acts.decide(case["A-rapid"], "noted", "o1", at(43))
    acts.decide(case["A-fanout"], "disposed", "o1", at(41), disposition="no_report")
    acts.decide(case["A-fanout"], "opened", "o2", at(42))
    acts.decide(case["A-funnel"], "disposed", "o1", at(41), disposition="no_report")
    acts.decide(case["A-funnel"], "approved", "o2", at(42))
    acts.decide(case["P-runner"], "opened", "o1", at(41))
    acts.decide(case["P-runner"], "disposed", "o1", at(42))
    acts.decide("no such case", "opened", "o1", at(41))
    lake.land(acts.events)
    lake.dbt(lake.newest(), "build", "--exclude-resource-types", "unit_test")
    return lake


def test_the_last_act_that_counts_gives_the_status(decided: BuiltLake) -> None:
    assert dict(decided.rows("select subject_id, status from lake.str.cases")) == STORIES


def test_acts_that_break_a_rule_are_shown(decided: BuiltLake) -> None:
    found = decided.rows(
        "select violation.rule, cases.subject_id from lake.str.case_violations as violation "
        "left join lake.str.cases as cases on violation.case_id = cases.case_id order by all"
    )
    assert found == [
        ("disposal_without_disposition", "P-runner"),
        ("four_eyes", "P-hirer"),
        ("review_without_disposal", "A-rapid"),
        ("unknown_case", None),
    ]


def test_only_what_another_officer_approved_for_reporting_is_printed(decided: BuiltLake) -> None:
    found = decided.rows(
        "select subject_id, disposed_by, approved_by, determination_at, officer_narrative, amount "
        "from lake.rpt.rpt_str_case"
    )
    assert [row[:5] for row in found] == [("P-splitter", "o1", "o2", at(41), "What we saw.")]


def test_what_is_printed_leads_back_to_the_events(decided: BuiltLake) -> None:
    printed = decided.rows("select transaction_id, _partition, _offset from lake.rpt.rpt_str_transaction order by all")
    landed = decided.rows(
        "select transaction_id, _partition, _offset from lake.landing.bank_transactions "
        "where transaction_id in (select transaction_id from lake.rpt.rpt_str_transaction) order by all"
    )
    assert printed == landed
    assert len(printed) == 3


def test_the_parties_involved_are_printed_with_their_roles(decided: BuiltLake) -> None:
    found = decided.rows("select party_id, is_subject, is_customer, roles from lake.rpt.rpt_str_party")
    assert found == [("P-splitter", True, True, ["conductor", "holder", "subject"])]


def test_alerts_of_one_subject_that_reach_into_each_other_are_one_case(decided: BuiltLake) -> None:
    found = decided.rows("select scenarios, len(alert_ids), priority from lake.str.cases where subject_id = 'A-mule'")
    assert found == [(["fan_in", "mule_account"], 2, "high")]
