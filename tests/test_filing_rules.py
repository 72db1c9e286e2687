"""Every rule of every rule book has an example that breaks it, and is named by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from reporting_case import Tables, casefile, company, tables, transaction

from reports.document import compose, variables
from reports.narrative import narrative
from reports.profile import Profile, load, names
from reports.rulebook import check

Rows = Callable[[Tables], object]
Document = Callable[[etree._Element], object]


def put(table: str, index: int = 0, **changes: Any) -> Rows:
    """Rows with other values in one of them."""
    return lambda rows: rows[f"rpt_{table}"][index].update(changes)


def of_company(change: Rows = lambda _: None) -> Rows:
    """Rows of a case whose account belongs to a company for which Dana Whitfield signs."""

    def apply(rows: Tables) -> None:
        rows["rpt_str_party"][0].update(is_subject=False, roles=["signatory"])
        rows["rpt_str_party"].insert(0, company("P-9", is_subject=True, roles=["subject", "holder"]))
        rows["rpt_str_account"][0]["parties"] = [
            {"party_id": "P-9", "role": "holder"},
            {"party_id": "P-1", "role": "signatory"},
        ]
        for row in rows["rpt_str_transaction"]:
            for side in ("debtor", "creditor"):
                if row[f"{side}_party_id"] == "P-1":
                    row[f"{side}_party_id"] = "P-9"
        change(rows)

    return apply


def subject_paper(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_str_party"][0]["identifications"][0].update(changes)


def subject_address(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_str_party"][0]["addresses"][0].update(changes)


def no_movements(rows: Tables) -> None:
    rows["rpt_str_transaction"].clear()


def no_subject(rows: Tables) -> None:
    for party in rows["rpt_str_party"]:
        party["is_subject"] = False


def no_town(rows: Tables) -> None:
    for row in rows["rpt_str_transaction"]:
        row["place_town"] = None


def no_country(rows: Tables) -> None:
    for row in rows["rpt_str_transaction"]:
        row["place_country"] = None


def hundred_branches(rows: Tables) -> None:
    rows["rpt_str_transaction"] = [transaction(n, branch_id=f"B-{n:03}") for n in range(100)]


def nothing_suspicious(rows: Tables) -> None:
    rows["rpt_str_alert"].clear()
    rows["rpt_str_transaction"] = [transaction(1)]


def drop(path: str) -> Document:
    """The document without the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        node = first(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return apply


def write(path: str, text: str) -> Document:
    """The document with ``text`` in the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        first(root, path).text = text

    return apply


def mark(path: str, **attributes: str) -> Document:
    """The document with other attributes on the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        for name, value in attributes.items():
            first(root, path).set(name, value)

    return apply


def first(root: etree._Element, path: str) -> etree._Element:
    found: Any = root.xpath(path, namespaces={"fc2": "www.fincen.gov/base"})
    element: etree._Element = found[0]
    return element


GOAML: dict[str, Rows | dict[str, Any]] = {
    "GA-001": put("str_case", approved_by="O-1"),
    "GA-002": no_subject,
    "GA-020": put("str_account", status="frozen"),
    "GA-021": put("str_transaction", 6, remittance_information="Invoice\x0177"),
    "GA-101": put("reporting_entity", rentity_id=None),
    "GA-102": put("reporting_entity", rentity_branch=None),
    "GA-103": {"filing_ref": ""},
    "GA-105": put("reporting_entity", currency_code_local=None),
    "GA-108": {"narrative": ""},
    "GA-109": no_movements,
    "GA-111": put("reporting_entity", contact_first_name=None),
    "GA-112": put("reporting_entity", contact_last_name=None),
    "GA-121": put("reporting_entity", address_line=None),
    "GA-122": put("reporting_entity", address_town=None),
    "GA-123": put("reporting_entity", address_country=None),
    "GA-124": put("str_party", phones=[{"type": "mobile", "number": "+"}]),
    "GA-201": put("str_transaction", transaction_id=None),
    "GA-203": put("str_transaction", base_amount=None),
    "GA-204": put("str_transaction", 6, instructed_amount=Decimal(0)),
    "GA-301": put("reporting_entity", name=None),
    "GA-302": put("reporting_entity", rssd=None),
    "GA-303": put("str_account", branch_id=None),
    "GA-305": put("str_account", currency=None),
    "GA-306": put("str_account", account_name=None),
    "GA-307": put("str_account", parties=[]),
    "GA-308": put("str_account", parties=[]),
    "GA-309": put("str_account", opened_on=None),
    "GA-310": put("str_account", status=None),
    "GA-401": put("str_party", first_name=None),
    "GA-402": put("str_party", last_name=None),
    "GA-403": put("str_party", birth_date=None),
    "GA-404": put("str_party", tax_id=None),
    "GA-405": put("str_party", nationality=None),
    "GA-406": put("str_party", residence_country=None),
    "GA-407": put("str_party", phones=[]),
    "GA-408": put("str_party", occupation=None),
    "GA-421": subject_paper(number=None),
    "GA-501": of_company(put("str_party", name=None)),
    "GA-502": of_company(put("str_party", legal_form=None)),
    "GA-503": of_company(put("str_party", incorporation_number=None)),
    "GA-504": of_company(put("str_party", industry_code=None)),
    "GA-505": of_company(put("str_party", phones=None)),
    "GA-506": of_company(put("str_party", incorporation_country=None)),
    "GA-507": of_company(put("str_account", parties=[{"party_id": "P-9", "role": "holder"}])),
    "GA-508": of_company(put("str_party", incorporation_date=None)),
    "GA-601": put("str_party", occupation="x" * 256),
    "GA-602": put("str_transaction", booked_at=datetime(2026, 3, 14)),
    "GA-603": put("str_transaction", base_amount=Decimal(0)),
    "GA-604": put("str_transaction", base_amount=Decimal(10) ** 16),
    "GA-605": {"document": drop("//transaction")},
    "GA-606": put("str_transaction", transaction_id="T-0002"),
    "GA-607": put("str_case", base_currency="EUR"),
    "GA-608": {"document": drop("//transaction[4]/t_to_my_client")},
    "GA-609": put("str_party", addresses=[]),
    "GA-610": {"document": write("//foreign_currency_code", "USD")},
    "GA-611": put("str_transaction", value_date=date(2026, 3, 13)),
    "GA-612": put("str_party", nationality="USA"),
    "GA-613": put("str_account", currency="usd"),
    "GA-614": put("str_party", birth_date=date(1700, 1, 1)),
    "GA-616": put("str_case", amount=Decimal("73100.0002")),
    "GA-615": put("reporting_entity", contact_phone="212 555 0101"),
}
FINCEN: dict[str, Rows | dict[str, Any]] = {
    "FS-001": put("str_case", approved_by="O-1"),
    "FS-002": put("str_case", base_currency="EUR"),
    "FS-020": put("reporting_entity", regulator_code="BaFin"),
    "FS-021": put("str_party", occupation="Flo\x02rist"),
    "FS-201": put("reporting_entity", fincen_tcc=None),
    "FS-202": put("reporting_entity", tin=None),
    "FS-203": put("reporting_entity", phone=None),
    "FS-204": put("reporting_entity", contact_first_name=None, contact_last_name=None),
    "FS-205": put("reporting_entity", regulator_code=None),
    "FS-206": put("reporting_entity", contact_office=None),
    "FS-207": put("reporting_entity", contact_phone=None),
    "FS-208": put("reporting_entity", name=None),
    "FS-211": put("reporting_entity", address_town=None),
    "FS-212": put("reporting_entity", address_country=None),
    "FS-213": put("reporting_entity", address_state=None),
    "FS-214": put("reporting_entity", address_line=None),
    "FS-215": put("reporting_entity", address_postal_code=None),
    "FS-221": no_town,
    "FS-222": no_country,
    "FS-401": no_subject,
    "FS-411": subject_paper(issuing_country=None),
    "FS-412": subject_paper(number=None),
    "FS-501": put("str_case", activity_from=None),
    "FS-502": put("str_case", activity_to=None),
    "FS-503": put("str_case", amount=None),
    "FS-504": nothing_suspicious,
    "FS-601": {"narrative": ""},
    "FS-602": {"narrative": "x " * 8500 + "x"},
    "FS-603": put("str_party", first_name="x" * 36),
    "FS-604": put("str_party", last_name="张"),
    "FS-605": {"document": write("//fc2:RawPartyFullName", " Vigil Demonstration Bank")},
    "FS-606": put("str_party", birth_date=date(2026, 3, 13)),
    "FS-607": put("str_case", activity_to=date(2026, 3, 1)),
    "FS-608": {"document": mark("/*", TotalAmount="73102")},
    "FS-609": {"document": mark("/*", PartyCount="2")},
    "FS-610": {"document": mark("/*", ActivityCount="2")},
    "FS-611": {"document": mark("//fc2:SuspiciousActivity", SeqNum="1")},
    "FS-612": {"document": drop("//fc2:Party[fc2:ActivityPartyTypeCode='8']")},
    "FS-613": put("str_case", amount=Decimal(0)),
    "FS-614": {"document": write("//fc2:SuspiciousActivitySubtypeID", "9999")},
    "FS-615": {"document": write("//fc2:PartyIdentificationTypeCode[.='5']", "999")},
    "FS-616": put("str_party", tax_id="111-11-1111"),
    "FS-617": put("reporting_entity", fincen_tcc="8180"),
    "FS-618": subject_address(country="USA"),
    "FS-619": subject_address(postal_code="1220"),
    "FS-620": subject_address(state="ny"),
    "FS-621": of_company(put("str_party", industry_code="45")),
    "FS-622": put("str_party", birth_date=date(1899, 12, 31)),
    "FS-623": hundred_branches,
    "FS-625": put("str_case", amount=Decimal("73100.0002")),
    "FS-624": put("str_case", activity_from=date(2012, 3, 31)),
}
EXAMPLES = {"goaml-5.0.1-str": GOAML, "fincen-sar": FINCEN}


def broken(profile: Profile, example: Rows | dict[str, Any]) -> set[str]:
    """The rules that an example breaks."""
    rows = tables()
    if callable(example):
        example(rows)
        example = {}
    file = casefile(rows)
    story = example.get("narrative", narrative(file))
    root, violations = compose(profile, file, example.get("filing_ref", "REF-1"), story)
    if "document" in example:
        assert violations == []
        example["document"](root)
        violations = check(root, profile.rules, profile.namespaces, variables(file, story))
    for violation in violations:
        assert violation.field
        assert violation.message in str(violation)
    return {violation.rule for violation in violations}


def test_every_profile_and_every_rule_has_an_example() -> None:
    assert sorted(EXAMPLES) == names("case")
    for name, examples in EXAMPLES.items():
        assert sorted(examples) == sorted(rule.id for rule in load(name).rules)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in EXAMPLES.items() for rule in rules])
def test_the_example_of_a_rule_is_caught_by_it(name: str, rule: str) -> None:
    assert rule in broken(load(name), EXAMPLES[name][rule])


@pytest.mark.parametrize("name", names("case"))
def test_a_sound_case_breaks_no_rule(name: str) -> None:
    profile = load(name)
    assert broken(profile, {}) == set()
    assert broken(profile, of_company()) == set()


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("goaml-5.0.1-str", {"account A-1: institution", "reporting entity: line", "party P-1: birth_date"}),
        ("fincen-sar", {"reporting entity: name", "reporting entity: line"}),
    ],
)
def test_all_missing_fields_are_listed_at_once_beside_what_is_wrong(name: str, missing: set[str]) -> None:
    rows = tables()
    rows["rpt_reporting_entity"][0].update(name=None, address_line=None)
    rows["rpt_str_party"][0]["birth_date"] = None
    rows["rpt_str_party"][0]["addresses"][0]["line"] = "x" * 101
    file = casefile(rows)
    _, violations = compose(load(name), file, "REF-1", narrative(file))
    assert {violation.field for violation in violations if violation.value is None} == missing
    assert "x" * 101 in {violation.value for violation in violations}
