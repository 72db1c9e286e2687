"""Whatever the cash of a day, its batch passes rule book and schema; what is then altered is named."""

from __future__ import annotations

import io
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from reporting_case import Tables, tables
from reporting_day import DAY, PARTY, dayfile, moved, person, report

from reports import batch
from reports.batch import FORMS, parts
from reports.dayfile import DayFile
from reports.profile import load, names
from reports.rulebook import check
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
CTR = "fincen-ctr"

maybe = st.booleans()
words = st.sampled_from(["Ann", "José", "O'Brien & Sons", "<Ltd>", "Müller", "Zoë  Ann", "Łukasz", "x" * 35])
cents = st.decimals(Decimal("10000.01"), Decimal(10) ** 9, places=4)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def facts(draw: st.DrawFn, *, natural: bool = False) -> dict[str, Any]:
    """What the bank may know of somebody, or of a ``natural`` person."""
    if not natural and draw(maybe):
        return {
            **dict.fromkeys(PARTY), "party_type": "legal_entity", "name": draw(words),
            "industry_code": draw(st.sampled_from([None, "453110", "522"])),
            "tax_id": draw(optional(st.just("98-7654321"))),
            "identifications": [], "addresses": [],
        }  # fmt: skip
    return {
        "first_name": draw(optional(words)), "last_name": draw(optional(words)),
        "gender": draw(st.sampled_from(["F", "M", "X", None])),
        "birth_date": draw(optional(st.dates(date(1900, 1, 1), date(2020, 1, 1)))),
        "tax_id": draw(optional(st.sampled_from(["123-45-6789", "987654321"]))),
        "tax_id_country": draw(st.sampled_from([None, "US", "DE"])),
        "occupation": draw(optional(words)),
        "identifications": draw(st.lists(st.fixed_dictionaries({
            "type": st.sampled_from(["passport", "driving_licence", "residence_permit", "library card"]),
            "number": st.just("W 44-1"), "issued_on": st.none(), "expires_on": st.none(),
            "issuing_country": st.sampled_from(["US", "PL"]), "issuing_state": st.sampled_from([None, "NY"]),
        }), max_size=2)),
        "addresses": draw(st.lists(st.fixed_dictionaries({
            "type": st.just("residence"), "line": optional(words), "town": optional(words),
            "state": st.sampled_from([None, "NY", "TX"]), "postal_code": st.sampled_from([None, "12207", "12207-1234"]),
            "country": st.sampled_from(["US", "CA", "PL", None]),
        }), max_size=1)),
        "phones": draw(st.sampled_from([None, [], [{"type": "mobile", "number": "+1 518 555 0142"}]])),
        "email": draw(optional(st.just("a@example.com"))),
    }  # fmt: skip


@st.composite
def reports(draw: st.DrawFn, report_id: str, number: int) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """A report with its persons and movements: cash in or out or both, of one or several, in several currencies."""
    unknown = dict.fromkeys(PARTY)
    movements: list[dict[str, Any]] = []
    sums = {"credit": Decimal(0), "debit": Decimal(0)}
    directions = draw(st.sampled_from([["credit"], ["debit"], ["credit", "debit"]]))
    for direction in directions:
        for currency in draw(st.lists(st.sampled_from(["USD", "EUR", "MXN"]), min_size=1, max_size=3)):
            amount = draw(cents)
            movements.append(
                moved(
                    number + len(movements), str(amount), report_id, direction=direction, instructed_currency=currency
                )
            )
            sums[direction] += amount
    sides = {
        "cash_in": sums["credit"], "cash_out": sums["debit"], "transaction_count": len(movements),
        "accounts_in": ["4400121207"] if "credit" in directions else [],
        "accounts_out": ["77 001"] if "debit" in directions else [],
    }  # fmt: skip
    atm, aggregated = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    holders = draw(st.integers(1, 3))
    behalf = "on_behalf" if atm or aggregated else draw(st.sampled_from(["own_behalf", "on_behalf"]))
    persons = [
        person(place, role, f"P-{place}", report_id, **sides, **draw(facts(natural=role == "own_behalf")))
        for place, role in enumerate([behalf, *["on_behalf"] * (holders - 1)], 1)
    ]
    if behalf == "on_behalf" and not atm and not aggregated:
        known = draw(maybe)
        hand = draw(facts()) if known else {**unknown, "name": draw(optional(words))}
        role = "carrier" if hand.get("party_type") == "legal_entity" else "for_another"
        persons.append(person(holders + 1, role, "P-9" if known else None, report_id, **sides, **hand))
    told = report(
        report_id, str(sums["credit"]), str(sums["debit"]), len(movements), is_aggregated=aggregated, has_atm=atm
    )
    return told, persons, movements


@st.composite
def days(draw: st.DrawFn) -> DayFile:
    rows: Tables = {
        "rpt_reporting_entity": tables()["rpt_reporting_entity"],
        "rpt_ctr_day": [{"business_day": DAY}],
        **{table: [] for table in ("rpt_ctr", "rpt_ctr_person", "rpt_ctr_transaction")},
    }
    for number in range(draw(st.integers(1, 3))):
        told, persons, movements = draw(reports(f"r-{number}", 10 * number))
        rows["rpt_ctr"].append(told)
        rows["rpt_ctr_person"] += persons
        rows["rpt_ctr_transaction"] += movements
    return dayfile(rows)


quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("name", [name for name in names("day") if name.startswith("fincen")])
@quick
@given(file=days())
def test_a_sound_day_passes_rules_and_schema(name: str, file: DayFile) -> None:
    profile, target = load(name), io.BytesIO()
    made = batch.write(profile, file, "REF-1", SCHEMAS, target)
    assert [str(violation) for violation in made.violations if violation.severity == "error"] == []
    assert made.schema.valid is (True if SCHEMAS.is_dir() else None)
    assert verify_schema(target.getvalue(), profile, SCHEMAS).faults == ()


@pytest.mark.parametrize("name", [name for name in names("day") if name.startswith("fincen")])
@quick
@given(file=days())
def test_parts_of_any_size_make_the_same_batch(name: str, file: DayFile) -> None:
    profile = load(name)
    written = []
    with pytest.MonkeyPatch.context() as patch:
        for size in (1, 2, 200):
            patch.setattr(batch, "REPORTS_AT_ONCE", size)
            target = io.BytesIO()
            batch.write(profile, file, "REF-1", None, target)
            written.append(target.getvalue())
    assert written[0] == written[1] == written[2]


# An element, what is written into it, and the rule that names it.
MUTATIONS = [
    ("IndividualEntityCashInAmountText", "99999999999999", "FC-407"),
    ("IndividualEntityCashOutAmountText", "99999999999999", "FC-408"),
    ("DetailTransactionAmountText", "12.5", "FC-405"),
    ("TransactionDateText", "20260303", "FC-502"),
    ("IndividualBirthDateText", "20270101", "FC-503"),
    ("RawCountryCodeText", "us", "FC-612"),
    ("RawStateCodeText", "ny", "FC-614"),
    ("RawZIPCode", "1220", "FC-613"),
    ("RawPartyFullName", "Bank ", "FC-605"),
    ("RawEntityIndividualLastName", "y" * 151, "FC-603"),
    ("RawIndividualFirstName", "Ж", "FC-604"),
    ("PartyIdentificationNumberText", "x" * 26, "FC-603"),
    ("NAICSCode", "4x", "FC-615"),
    ("AccountNumberText", " 1", "FC-605"),
]


@quick
@given(file=days(), mutation=st.sampled_from(MUTATIONS), chosen=st.integers(0))
def test_what_is_altered_is_named_by_rule_field_and_value(
    file: DayFile, mutation: tuple[str, str, str], chosen: int
) -> None:
    profile = load(CTR)
    (part,) = parts(profile, file, "REF-1")
    element, value, rule = mutation
    there = [node for node in part.root.iter(f"{{www.fincen.gov/base}}{element}") if _reaches(node, rule)]
    if not there:
        return
    there[chosen % len(there)].text = value
    found = check(part.root, profile.rules, profile.namespaces, FORMS[profile.form][1](file, part.reports))
    named = [violation for violation in found if violation.rule == rule]
    assert [(violation.field.rpartition("/")[2].partition("[")[0], violation.value) for violation in named] == [
        (element, value)
    ]
    for violation in named:
        assert value[:20] in str(violation)


def _reaches(node: etree._Element, rule: str) -> bool:
    """Whether the rule asks of this node: states and ZIP codes are checked in the US only."""
    country = node.getparent().find("{www.fincen.gov/base}RawCountryCodeText") if rule in ("FC-613", "FC-614") else None  # type: ignore[union-attr]
    return rule not in ("FC-613", "FC-614") or (country is not None and country.text == "US")


def test_what_is_wrong_in_a_later_part_is_named_by_its_place_in_the_whole() -> None:
    rows: Tables = {
        "rpt_reporting_entity": tables()["rpt_reporting_entity"],
        "rpt_ctr_day": [{"business_day": DAY}],
        "rpt_ctr": [report(f"r-{number}", "10001", "0", 1) for number in range(3)],
        "rpt_ctr_person": [
            person(
                1, "own_behalf", "P-1", f"r-{number}", cash_in=Decimal(10001), last_name="张" if number == 2 else "A"
            )
            for number in range(3)
        ],
        "rpt_ctr_transaction": [moved(number, "10001", f"r-{number}") for number in range(3)],
    }
    file = dayfile(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "REPORTS_AT_ONCE", 2)
        found = [violation for part in parts(load(CTR), file, "REF-1") for violation in part.violations]
    assert [violation.field.split("/")[2] for violation in found] == ["Activity[3]"]
