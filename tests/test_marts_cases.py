"""Decisions fold into cases; an act that breaks a rule has no effect and is shown."""

from __future__ import annotations

import marts_lake
from landed_bank import at
from marts_decisions import STORIES
from marts_lake import DecidedLake

decided = marts_lake.decided


def test_the_last_act_that_counts_gives_the_status(decided: DecidedLake) -> None:
    assert dict(decided.lake.rows("select subject_id, status from lake.str.cases")) == STORIES


def test_acts_that_break_a_rule_are_shown(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select violation.rule, cases.subject_id from lake.str.case_violations as violation "
        "left join lake.str.cases as cases on violation.case_id = cases.case_id order by all"
    )
    assert found == [
        ("already_open", "A-coins"),
        ("assigned_to_nobody", "A-coins"),
        ("awaiting_review", "A-coins"),
        ("awaiting_review", "A-coins"),
        ("backdated", "P-runner"),
        ("case_closed", "A-coins"),
        ("case_closed", "A-coins"),
        ("case_closed", "P-splitter"),
        ("changed_since_approval", "A-mule"),
        ("disposal_without_disposition", "A-funnel"),
        ("evidence_without_movement", "A-coins"),
        ("four_eyes", "A-funnel"),
        ("four_eyes", "P-hirer"),
        ("narrative_without_text", "A-coins"),
        ("own_narrative", "P-hirer"),
        ("postdated", "A-rapid"),
        ("review_without_disposal", "A-fanout"),
        ("review_without_disposal", "A-rapid"),
        ("unknown_case", None),
    ]


def test_only_what_another_officer_approved_for_reporting_is_printed(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select subject_id, disposed_by, approved_by, determination_at, officer_narrative, amount "
        "from lake.rpt.rpt_str_case"
    )
    assert [row[:5] for row in found] == [("P-splitter", "o1", "o2", at(41), "What we saw.")]


def test_an_approval_is_of_what_was_disposed_before_it_was_sent(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select disposition, disposed_at, approved_by from lake.str.cases where subject_id = 'P-runner'"
    )
    assert found == [("no_report", at(42), "o2")]


def test_an_approval_does_not_cover_what_came_after_it(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select subject_id, approved_by, last_alert_at from lake.str.cases where changed_since_approval"
    )
    assert found == [("A-mule", None, at(11))]


def test_a_text_stands_though_the_case_was_opened_again(decided: DecidedLake) -> None:
    found = decided.lake.rows("select narrative, narrative_version from lake.str.cases where subject_id = 'A-fanout'")
    assert found == [("What was thought before.", 1)]


def test_what_is_printed_leads_back_to_the_events(decided: DecidedLake) -> None:
    printed = decided.lake.rows(
        "select transaction_id, _partition, _offset from lake.rpt.rpt_str_transaction order by all"
    )
    landed = decided.lake.rows(
        "select transaction_id, _partition, _offset from lake.landing.bank_transactions "
        "where transaction_id in (select transaction_id from lake.rpt.rpt_str_transaction) order by all"
    )
    assert printed == landed
    assert len(printed) == 3


def test_the_parties_involved_are_printed_with_their_roles(decided: DecidedLake) -> None:
    found = decided.lake.rows("select party_id, is_subject, is_customer, roles from lake.rpt.rpt_str_party")
    assert found == [("P-splitter", True, True, ["conductor", "holder", "subject"])]


def test_alerts_of_one_subject_that_reach_into_each_other_are_one_case(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select scenarios, len(alert_ids), priority from lake.str.cases where subject_id = 'A-mule'"
    )
    assert found == [(["fan_in", "mule_account"], 2, "high")]


def test_acts_make_the_case_what_it_is(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select assigned_to, disposition, referred_to, disposed_by, approved_by, narrative, narrative_version, "
        "added_transactions, struck_transactions from lake.str.cases where subject_id = 'A-coins'"
    )
    assert found == [("o3", "refer", "Fraud desk", "o3", "o2", "As corrected.", 2, 1, 1)]


def test_amount_and_movements_are_those_that_officers_left(decided: DecidedLake) -> None:
    lake = decided.lake
    of_case = "where case_id = (select case_id from lake.str.cases where subject_id = 'A-coins') order by all"
    alerted = lake.rows(
        f"select unnest(evidence) from lake.str.case_alerts as alerts {of_case}".replace("as alerts ", "")
    )
    left = lake.rows(f"select transaction_id from lake.str.case_transactions {of_case}")
    struck, added = set(alerted) - set(left), set(left) - set(alerted)
    assert (len(struck), len(added)) == (1, 1)
    changed = lake.rows(f"select act, transaction_id, reason from lake.str.case_evidence {of_case}")
    assert [row for row in changed if row[0]] == [
        ("evidence_added", *next(iter(added)), "The same payee."),
        ("evidence_struck", *next(iter(struck)), "A refund."),
    ]
    ((amount, count),) = lake.rows("select amount, transaction_count from lake.str.cases where subject_id = 'A-coins'")
    ((summed,),) = lake.rows(f"select sum(base_amount) from lake.str.case_transactions {of_case}")
    assert (amount, count) == (summed, len(left))


def test_a_violation_is_settled_once_another_officer_names_it(decided: DecidedLake) -> None:
    found = decided.lake.rows(
        "select violation.rule, acts.officer_id, acts.act from lake.str.case_violations as violation "
        "join lake.str.case_acts as acts on violation.settled_by = acts.decision_id order by all"
    )
    assert found == [
        ("assigned_to_nobody", "o3", "noted"),
        ("own_narrative", "o1", "noted"),
    ]
