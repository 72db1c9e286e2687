"""Every rule of the rule books on a day's cash has an example that breaks it, and is named by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from lxml import etree
from reporting_case import Tables
from reporting_day import day_tables, dayfile

from reports.document import compose, variables
from reports.profile import Profile, load, names
from reports.rulebook import check

Rows = Callable[[Tables], object]
Document = Callable[[etree._Element], object]


def put(table: str, index: int = 0, **changes: Any) -> Rows:
    """Rows with other values in one of them."""
    return lambda rows: rows[f"rpt_{table}"][index].update(changes)


def paper(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_ctr_person"][0]["identifications"][0].update(changes)


def no_persons(rows: Tables) -> None:
    rows["rpt_ctr_person"].clear()


def long_ago(rows: Tables) -> None:
    rows["rpt_ctr_day"][0]["business_day"] = date(2026, 2, 24)


CTR: dict[str, Rows | dict[str, Document]] = {
    "FC-001": long_ago,
    "FC-002": put("ctr", base_currency="EUR"),
    "FC-020": put("reporting_entity", regulator_code="BaFin"),
    "FC-021": put("ctr_person", occupation="Flo\x02rist"),
    "FC-201": put("reporting_entity", fincen_tcc=None),
    "FC-202": put("reporting_entity", tin=None),
    "FC-203": put("reporting_entity", phone=None),
    "FC-204": put("reporting_entity", contact_first_name=None, contact_last_name=None),
    "FC-205": put("reporting_entity", regulator_code=None),
    "FC-206": put("reporting_entity", contact_office=None),
    "FC-207": put("reporting_entity", contact_phone=None),
    "FC-208": put("reporting_entity", name=None),
    "FC-211": put("reporting_entity", address_town=None),
    "FC-212": put("reporting_entity", address_country=None),
    "FC-213": put("reporting_entity", address_state=None),
    "FC-214": put("reporting_entity", address_line=None),
    "FC-215": put("reporting_entity", address_postal_code=None),
    "FC-301": no_persons,
    "FC-311": paper(issuing_country=None),
    "FC-312": paper(number=None),
    "FC-603": put("ctr_person", first_name="x" * 36),
}
EXAMPLES = {"fincen-ctr": CTR}


def broken(profile: Profile, example: Rows | dict[str, Document]) -> set[str]:
    """The rules that an example breaks."""
    rows = day_tables()
    if callable(example):
        example(rows)
    file = dayfile(rows)
    root, violations = compose(profile, file, "REF-1", "")
    if not callable(example) and example:
        assert violations == []
        example["document"](root)
        violations = check(root, profile.rules, profile.namespaces, variables(file, ""))
    for violation in violations:
        assert violation.field
        assert violation.message in str(violation)
    return {violation.rule for violation in violations}


def test_every_profile_and_every_rule_has_an_example() -> None:
    assert sorted(EXAMPLES) == names("day")
    for name, examples in EXAMPLES.items():
        assert sorted(examples) == sorted(rule.id for rule in load(name).rules)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in EXAMPLES.items() for rule in rules])
def test_the_example_of_a_rule_is_caught_by_it(name: str, rule: str) -> None:
    assert rule in broken(load(name), EXAMPLES[name][rule])


@pytest.mark.parametrize("name", names("day"))
def test_a_sound_day_breaks_no_rule(name: str) -> None:
    assert broken(load(name), {}) == set()
