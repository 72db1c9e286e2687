"""Every rule of the rule books on a day's cash has an example that breaks it, and is named by it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from reporting_case import Tables
from reporting_day import FILED_ON, day_tables, dayfile, person

from reports import batch
from reports.batch import FORMS, parts
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


def address(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_ctr_person"][0]["addresses"][0].update(changes)


def company(**changes: Any) -> Rows:
    return put("ctr_person", 3, **changes)


def only(role: str) -> Rows:
    """The first report with those persons alone who are involved in it as ``role``."""

    def apply(rows: Tables) -> None:
        rows["rpt_ctr_person"] = [
            row for row in rows["rpt_ctr_person"] if row["report_id"] != "r-1" or row["role"] == role
        ]

    return apply


def crowd(rows: Tables) -> None:
    rows["rpt_ctr_person"] += [
        person(number, "on_behalf", f"P-{number}", cash_in=Decimal(1)) for number in range(10, 1010)
    ]


def small(rows: Tables) -> None:
    for moved in rows["rpt_ctr_transaction"][:3]:
        moved["base_amount"] /= 2
    for involved in rows["rpt_ctr_person"][:3]:
        involved["cash_in"] = Decimal(1)


def early(rows: Tables) -> None:
    rows["rpt_ctr_day"][0]["business_day"] = date(2012, 3, 30)


def drop(path: str) -> dict[str, Document]:
    """The document without the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        node = first(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return {"document": apply}


def write(path: str, text: str) -> dict[str, Document]:
    """The document with ``text`` in the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        first(root, path).text = text

    return {"document": apply}


def mark(path: str, **attributes: str) -> dict[str, Document]:
    """The document with other attributes on the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        for name, value in attributes.items():
            first(root, path).set(name, value)

    return {"document": apply}


def add(path: str, name: str, text: str) -> dict[str, Document]:
    """The document with another element in the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        etree.SubElement(first(root, path), f"{{www.fincen.gov/base}}{name}").text = text

    return {"document": apply}


def before(path: str, number: str) -> dict[str, Document]:
    """The document with the number of an earlier report before each node at ``path``."""

    def apply(root: etree._Element) -> None:
        nodes: Any = root.xpath(path, namespaces={"fc2": "www.fincen.gov/base"})
        for node in nodes:
            prior = etree.Element("{www.fincen.gov/base}EFilingPriorDocumentNumber")
            prior.text = number
            node.addprevious(prior)

    return {"document": apply}


def repeat(path: str) -> dict[str, Document]:
    """The document with the first node at ``path`` twice."""

    def apply(root: etree._Element) -> None:
        node = first(root, path)
        node.addnext(copy.deepcopy(node))

    return {"document": apply}


def first(root: etree._Element, path: str) -> etree._Element:
    found: Any = root.xpath(path, namespaces={"fc2": "www.fincen.gov/base"})
    element: etree._Element = found[0]
    return element


PERSON = "//fc2:Party[fc2:ActivityPartyTypeCode = '50']"


def long_ago(rows: Tables) -> None:
    rows["rpt_ctr_day"][0]["business_day"] = date(2026, 2, 24)


CTR: dict[str, Rows | dict[str, Document]] = {
    "FC-001": long_ago,
    "FC-002": put("ctr", base_currency="EUR"),
    "FC-020": put("reporting_entity", regulator_code="BaFin"),
    "FC-021": put("ctr_person", occupation="Flo\x02rist"),
    "FC-101": write("//fc2:CorrectsAmendsPriorReportIndicator", "Y"),
    "FC-102": before("//fc2:FilingDateText", "31000000000001"),
    "FC-103": before("//fc2:FilingDateText", "3100000000000X"),
    "FC-104": before("//fc2:FilingDateText", "31000000000001"),
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
    "FC-302": drop("//fc2:Party[fc2:ActivityPartyTypeCode='8']"),
    "FC-303": crowd,
    "FC-304": only("for_another"),
    "FC-305": put("ctr", is_aggregated=True),
    "FC-306": only("on_behalf"),
    "FC-307": put("ctr_person", accounts_in=[f"44{number}" for number in range(100)]),
    "FC-308": put("ctr_person", 4, role="for_another"),
    "FC-311": paper(issuing_country=None),
    "FC-312": paper(number=None),
    "FC-401": write("//fc2:TotalCashInReceiveAmountText", "14502"),
    "FC-402": write("//fc2:TotalCashOutAmountText[. != '']", "10502"),
    "FC-403": small,
    "FC-404": repeat("//fc2:CurrencyTransactionActivityDetail"),
    "FC-405": put("ctr_person", cash_in=Decimal(-5)),
    "FC-406": write("//fc2:OtherForeignCurrencyCountryText[. = 'EU']", ""),
    "FC-407": put("ctr_person", cash_in=Decimal(14502)),
    "FC-408": put("ctr_person", 5, cash_out=Decimal(10502)),
    "FC-409": put("ctr_person", cash_in=Decimal(0)),
    "FC-410": put("ctr_person", accounts_out=["4400121207"]),
    "FC-411": write("//fc2:Party[fc2:ActivityPartyTypeCode='34']/fc2:IndividualEntityCashInAmountText", "14500"),
    "FC-501": put("ctr_day", business_day=FILED_ON),
    "FC-502": write("//fc2:TransactionDateText", "20260303"),
    "FC-503": put("ctr_person", birth_date=date(2026, 3, 5)),
    "FC-504": put("ctr_person", birth_date=date(1899, 12, 31)),
    "FC-505": early,
    "FC-603": put("ctr_person", first_name="x" * 36),
    "FC-604": put("ctr_person", last_name="张"),
    "FC-605": write("//fc2:RawPartyFullName", " Vigil Demonstration Bank"),
    "FC-606": add(f"{PERSON}/fc2:Address", "CityUnknownIndicator", "Y"),
    "FC-607": add(PERSON, "UnknownGenderIndicator", "Y"),
    "FC-608": mark("/*", TotalAmount="50001"),
    "FC-609": mark("/*", PartyCount="15"),
    "FC-610": mark("/*", ActivityCount="3"),
    "FC-611": mark("//fc2:CurrencyTransactionActivity", SeqNum="1"),
    "FC-612": address(country="USA"),
    "FC-613": address(postal_code="1220"),
    "FC-614": address(state="ny"),
    "FC-615": company(industry_code="45"),
    "FC-616": put("ctr_person", tax_id="111-11-1111"),
    "FC-617": put("reporting_entity", fincen_tcc="8180"),
    "FC-618": write("//fc2:PartyIdentificationTypeCode[. = '5']", "999"),
    "FC-619": drop(f"{PERSON}/fc2:PartyName/fc2:RawEntityIndividualLastName"),
    "FC-620": add(f"{PERSON}/fc2:PartyName", "FirstNameUnknownIndicator", "Y"),
}
EXAMPLES = {"fincen-ctr": CTR}


def broken(profile: Profile, example: Rows | dict[str, Document]) -> set[str]:
    """The rules that an example breaks."""
    rows = day_tables()
    if callable(example):
        example(rows)
    file = dayfile(rows)
    (part,) = parts(profile, file, "REF-1")
    violations = part.violations
    if not callable(example) and example:
        assert violations == []
        example["document"](part.root)
        told = FORMS[profile.form][1](file, part.reports)
        violations = check(part.root, profile.rules, profile.namespaces, told)
    for violation in violations:
        assert violation.field
        assert violation.message in str(violation)
    return {violation.rule for violation in violations}


def test_every_profile_and_every_rule_has_an_example() -> None:
    # Those of goAML stand in test_goaml_day.py.
    assert sorted(EXAMPLES) == [name for name in names("day") if not name.startswith("goaml")]
    for name, examples in EXAMPLES.items():
        assert sorted(examples) == sorted(rule.id for rule in load(name).rules)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in EXAMPLES.items() for rule in rules])
def test_the_example_of_a_rule_is_caught_by_it(name: str, rule: str) -> None:
    assert rule in broken(load(name), EXAMPLES[name][rule])


def test_what_stands_in_front_of_a_batch_is_held_against_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "REPORTS_AT_ONCE", 1)
    file, profile = dayfile(day_tables()), load("fincen-ctr")
    assert batch.write(profile, file, "REF-1", None, BytesIO()).violations == []
    monkeypatch.setattr(batch, "_totalled", lambda head, _: head)
    found = batch.write(profile, file, "REF-1", None, BytesIO()).violations
    assert {violation.rule for violation in found} == {"FC-608", "FC-609", "FC-610"}
    assert {violation.value for violation in found} >= {"1"}


@pytest.mark.parametrize("name", names("day"))
def test_a_sound_day_breaks_no_rule(name: str) -> None:
    assert broken(load(name), {}) == set()
