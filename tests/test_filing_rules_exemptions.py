"""Every rule of the rule book on exemptions has an example that breaks it, and is named by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from lxml import etree
from reporting_exemption import BUSINESS, designation, exemptfile

from reports.document import compose
from reports.fincen_doep import variables
from reports.profile import load, names
from reports.rulebook import check

DOEP = "fincen-doep"
Document = Callable[[etree._Element], object]
NAMESPACE = "www.fincen.gov/base"
EXEMPT = "//fc2:Party[fc2:ActivityPartyTypeCode='11']"


def act(**changes: Any) -> dict[str, Any]:
    return {"row": designation(**changes)}


def bank(**changes: Any) -> dict[str, Any]:
    return {"entity": changes}


def at(**changes: Any) -> dict[str, Any]:
    """The exempt party at another address."""
    return act(addresses=[{**BUSINESS["addresses"][0], **changes}])


def first(root: etree._Element, path: str) -> etree._Element:
    found: Any = root.xpath(path, namespaces={"fc2": NAMESPACE})
    element: etree._Element = found[0]
    return element


def drop(path: str) -> dict[str, Any]:
    def apply(root: etree._Element) -> None:
        node = first(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return {"document": apply}


def write(path: str, text: str) -> dict[str, Any]:
    def apply(root: etree._Element) -> None:
        first(root, path).text = text

    return {"document": apply}


def mark(**attributes: str) -> dict[str, Any]:
    def apply(root: etree._Element) -> None:
        for name, value in attributes.items():
            root.set(name, value)

    return {"document": apply}


def add(path: str, name: str, text: str) -> dict[str, Any]:
    def apply(root: etree._Element) -> None:
        etree.SubElement(first(root, path), f"{{{NAMESPACE}}}{name}").text = text

    return {"document": apply}


def number_twice(root: etree._Element) -> None:
    first(root, "//fc2:ActivityAssociation").set("SeqNum", "1")


EXAMPLES: dict[str, dict[str, Any]] = {
    "FD-001": act(approved_by="inv-01"),
    "FD-002": act(not_eligible="too few reportable transactions: 3 of 5"),
    "FD-003": act(tax_id_country="CA"),
    "FD-020": bank(regulator_code="BaFin"),
    "FD-021": act(occupation="Gro\x02cer"),
    "FD-201": bank(fincen_tcc=None),
    "FD-202": bank(tin=None),
    "FD-203": bank(phone=None),
    "FD-204": bank(contact_first_name=None, contact_last_name=None),
    "FD-205": bank(regulator_code=None),
    "FD-207": bank(contact_phone=None),
    "FD-208": bank(name=None),
    "FD-211": bank(address_town=None),
    "FD-212": bank(address_country=None),
    "FD-213": bank(address_state=None),
    "FD-214": bank(address_line=None),
    "FD-215": bank(address_postal_code=None),
    "FD-221": act(approved_by_name=None),
    "FD-222": bank(contact_title=None),
    "FD-301": act(name=None),
    "FD-302": act(addresses=[]),
    "FD-303": act(tax_id=None),
    "FD-311": at(town=None),
    "FD-313": at(state=None),
    "FD-314": at(line=None),
    "FD-315": at(postal_code=None),
    "FD-401": act(basis=None),
    "FD-402": act(effective_on=None),
    "FD-403": add("//fc2:ActivityAssociation", "ExemptionRevokedIndicator", "Y"),
    "FD-404": act(prior_document_number="31000123456789"),
    "FD-405": act(kind="revoked"),
    "FD-406": act(kind="amended", prior_document_number="310001"),
    "FD-407": act(effective_on=date(2026, 3, 10)),
    "FD-408": act(effective_on=date(1997, 12, 31)),
    "FD-501": drop("//fc2:Party[fc2:ActivityPartyTypeCode='45']"),
    "FD-502": add(f"{EXEMPT}/fc2:PartyName", "RawIndividualFirstName", "Ann"),
    "FD-603": act(occupation="x" * 31),
    "FD-604": act(name="江苏"),
    "FD-605": write("//fc2:RawPartyFullName", " Bank"),
    "FD-606": mark(PartyCount="1"),
    "FD-607": mark(ActivityCount="2"),
    "FD-608": {"document": number_twice},
    "FD-609": bank(address_country="USA"),
    "FD-610": at(postal_code="1218"),
    "FD-611": at(state="ny"),
    "FD-612": act(industry_code="44"),
    "FD-613": act(tax_id="11-1111111"),
    "FD-614": bank(fincen_tcc="8180"),
}


def broken(example: dict[str, Any]) -> set[str]:
    """The rules that an example breaks."""
    profile, file = load(DOEP), exemptfile(example.get("row"), example.get("entity"))
    root, violations = compose(profile, file, "REF-1", "")
    if spoil := example.get("document"):
        assert violations == []
        spoil(root)
        violations = check(root, profile.rules, profile.namespaces, variables(file))
    for violation in violations:
        assert violation.field
        assert violation.message in str(violation)
    return {violation.rule for violation in violations}


def test_every_rule_has_an_example() -> None:
    assert names("exemption") == [DOEP]
    assert sorted(EXAMPLES) == sorted(rule.id for rule in load(DOEP).rules)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_example_of_a_rule_is_caught_by_it(rule: str) -> None:
    assert rule in broken(EXAMPLES[rule])


@pytest.mark.parametrize("kind", ["initial", "amended", "revoked"])
def test_a_sound_act_breaks_no_rule(kind: str) -> None:
    number = None if kind == "initial" else "31000123456789"
    assert broken(act(kind=kind, prior_document_number=number)) == set()
