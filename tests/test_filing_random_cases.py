"""Any sound case, however it moved its money, passes the rule books and the regulators' schemas."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_case import CASE, Tables, casefile, company, party, tables, transaction

from reports.document import compose, serialise
from reports.narrative import narrative
from reports.profile import load, names
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
# FinCEN takes letters that have an ASCII spelling; goAML takes all. The blank and the ampersand need care in XML.
# Names that a schema of Latin letters can spell, too.
called = st.text(alphabet="abcXYZ éßøÅ&'-.", min_size=1, max_size=30).map(str.strip).filter(bool)
words = st.text(alphabet="abcXYZ éßøÅ&<'-.", min_size=1, max_size=30).map(str.strip).filter(bool)
amounts = st.decimals("0.01", "99999999999.99", places=2)
maybe = st.booleans()


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def persons(draw: st.DrawFn, party_id: str, *, customer: bool) -> dict[str, Any]:
    """A natural person; of a customer all is known that a report demands, of a stranger perhaps nothing."""
    known = party(
        party_id,
        is_customer=customer,
        first_name=draw(called),
        last_name=draw(called),
        gender=draw(optional(st.sampled_from("MF"))),
        birth_place=draw(optional(words)),
        birth_date=draw(st.dates(date(1920, 1, 1), date(2005, 1, 1))),
        email=draw(optional(st.just("a@example.com"))),
        nationality=draw(st.sampled_from(["US", "DE", "AE", "ZA"])),
        source_of_funds=draw(optional(words)),
        expected_monthly_turnover=draw(optional(amounts)),
        pep=draw(optional(maybe)),
        onboarded_on=draw(optional(st.just(date(2020, 2, 29)))),
    )
    known["name"] = f"{known['first_name']} {known['last_name']}"
    papers = [
        {**known["identifications"][0], "type": draw(st.sampled_from(["passport", "national_id", "driving_licence"]))}
    ]
    known["identifications"] = papers
    if not customer:
        undated = [{**papers[0], "issued_on": None, "issuing_country": None}]
        known["identifications"] = draw(st.sampled_from([[], None, undated, papers]))
        for column in ("birth_date", "tax_id", "occupation", "phones", "addresses", "nationality", "residence_country"):
            if draw(maybe):
                known[column] = None
    return known


@st.composite
def movements(draw: st.DrawFn, number: int, accounts: list[str], hands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One movement, or the two of a transfer inside the bank."""
    amount = draw(amounts)
    foreign = draw(maybe)
    direction = draw(st.sampled_from(["credit", "debit"]))
    mine, other = ("creditor", "debtor") if direction == "credit" else ("debtor", "creditor")
    account = draw(st.sampled_from(accounts))
    method = draw(st.sampled_from(["cash", "credit_transfer", "direct_debit", "card", "cheque", "fee", "interest"]))
    hand = draw(optional(st.sampled_from(hands)))
    row = transaction(
        number,
        booked_at=datetime(2026, 3, 2) + timedelta(seconds=draw(st.integers(0, 8 * 86_400))),
        value_date=draw(optional(st.just(date(2026, 3, 3)))),
        direction=direction,
        method=method,
        channel=draw(st.sampled_from([None, "branch", "atm", "online", "mobile", "pos", "system"])),
        account_id=account,
        instructed_amount=amount,
        instructed_currency="EUR" if foreign else "USD",
        settled_amount=amount,
        base_amount=(amount * Decimal("1.0837")).quantize(Decimal("0.0001")) if foreign else amount,
        conductor_party_id=hand["party_id"] if hand and draw(maybe) else None,
        conductor_name=hand["name"] if hand else None,
        branch_id=draw(optional(st.sampled_from(["B-01", "B-02"]))),
        place_country=draw(optional(st.sampled_from(["US", "DE"]))),
        remittance_information=draw(optional(words)),
        purpose=draw(st.sampled_from([None, "SALA", "GDDS"])),
    )
    row |= {f"{mine}_account_id": account, f"{mine}_party_id": draw(optional(st.just("P-1"))), f"{mine}_name": "Holder"}
    row |= {
        f"{other}_name": draw(optional(called)),
        f"{other}_party_id": draw(st.sampled_from([None, "P-2", "P-77"])),
        f"{other}_account_id": draw(st.sampled_from([None, "DE02120300000000202051", "77 1234"])),
        f"{other}_agent": draw(st.sampled_from([None, "BYLADEM1001", "NOT-A-BIC"])),
        f"{other}_country": draw(st.sampled_from([None, "DE"])),
    }
    if len(accounts) == 1 or method != "credit_transfer" or draw(maybe):
        return [row]
    twin = next(name for name in accounts if name != account)
    row |= {f"{other}_account_id": twin, f"{other}_party_id": "P-1"}
    back = {"credit": "debit", "debit": "credit"}[direction]
    return [row, {**row, "transaction_id": f"{row['transaction_id']}b", "direction": back, "account_id": twin}]


@st.composite
def cases(draw: st.DrawFn) -> Tables:
    rows = tables()
    holder = draw(persons("P-1", customer=True))
    hands = [draw(persons("P-2", customer=False)), draw(persons("P-3", customer=True))]
    linked = [{"party_id": "P-1", "role": "holder"}]
    subject = holder
    everybody = [holder, *hands]
    if draw(maybe):
        subject = company("P-9", name=draw(called), legal_form=draw(words))
        linked = [{"party_id": "P-9", "role": "holder"}, {"party_id": "P-1", "role": "beneficial_owner"}]
        everybody.append(subject)
    if draw(maybe):
        everybody.append(company("P-8", name=draw(called), is_customer=draw(maybe)))
        hands.append(everybody[-1])
        if draw(maybe):
            linked.append({"party_id": "P-8", "role": "joint_holder"})
    if draw(maybe):
        linked.append({"party_id": "P-3", "role": draw(st.sampled_from(["joint_holder", "signatory"]))})
    subject["is_subject"] = True
    ids = ["A-1", "A-2"][: draw(st.integers(1, 2))]
    template = rows["rpt_str_account"][0]
    rows["rpt_str_account"] = [
        {**template, "account_id": key, "account_number": draw(st.sampled_from([f"44{key}", "DE89370400440532013000"])),
         "parties": linked, "account_type": draw(st.sampled_from(["current", "savings", "business", "loan", None])),
         "status": draw(st.sampled_from(["active", "dormant", "blocked", "closed"])),
         "balance_at_end": draw(optional(amounts))}
        for key in ids
    ]  # fmt: skip
    rows["rpt_str_party"] = everybody
    rows["rpt_str_transaction"] = [
        row for number in range(draw(st.integers(1, 6))) for row in draw(movements(number, ids, hands))
    ]
    rows["rpt_str_alert"][0]["scenario_id"] = draw(st.sampled_from(["structuring", "cycle", "a_new_scenario"]))
    rows["rpt_str_case"][0]["amount"] = sum((row["base_amount"] for row in rows["rpt_str_transaction"]), Decimal(0))
    assert rows["rpt_str_case"][0]["case_id"] == CASE
    return rows


@pytest.mark.parametrize("name", names("case"))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=cases())
def test_a_sound_case_passes_rules_and_schema(name: str, rows: Tables) -> None:
    profile, file = load(name), casefile(rows)
    root, violations = compose(profile, file, "REF-1", narrative(file))
    assert [str(violation) for violation in violations if violation.severity == "error"] == []
    result = verify_schema(serialise(root), profile, SCHEMAS)
    assert result.faults == ()
    assert result.valid is (True if SCHEMAS.is_dir() else None)
