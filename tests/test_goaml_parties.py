"""Two sides where they hold all who took part, several parties where they do not; a schema accepts either."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from reporting_case import Tables, casefile, company, party, tables, transaction

from reports.document import compose, serialise
from reports.narrative import narrative
from reports.profile import load, names
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
STR = [name for name in names("case") if name.startswith("goaml") and name.endswith("str")]


def case(*movements: dict[str, Any], parties: list[dict[str, Any]], links: dict[str, str]) -> Tables:
    """A case of these movements on one account, whose holders and signatories ``links`` names by party."""
    rows = tables()
    rows["rpt_str_transaction"] = list(movements)
    rows["rpt_str_case"][0]["amount"] = sum(row["base_amount"] for row in movements)
    rows["rpt_str_party"] = parties
    rows["rpt_str_account"][0]["parties"] = [{"party_id": key, "role": role} for key, role in links.items()]
    return rows


def first_transaction(profile: str, rows: Tables) -> etree._Element:
    file = casefile(rows)
    root, violations = compose(load(profile), file, "REF-1", narrative(file))
    assert [str(violation) for violation in violations if violation.severity == "error"] == []
    assert verify_schema(serialise(root), load(profile), SCHEMAS).faults == ()
    told = root.find("transaction")
    assert told is not None
    return told


def roles(told: etree._Element) -> list[tuple[str, str, str | None]]:
    """Of each involved party its kind, what the comment calls it, and the funds."""
    return [
        (next(child.tag for child in each if child.find("*") is not None), each.findtext("comments") or "",
         each.findtext("funds_comment"))
        for each in told.iterfind("involved_parties/party")
    ]  # fmt: skip


HOLDER = party("P-1", is_subject=True, roles=["subject", "holder"])
JOINT = party("P-3", roles=["joint_holder"], first_name="Sam", name="Sam Whitfield", tax_id="321-54-9876")


@pytest.mark.parametrize("profile", STR)
def test_cash_of_joint_holders_is_told_with_all_of_them(profile: str) -> None:
    deposit = transaction(1, creditor_party_id=None, conductor_party_id=None, conductor_name=None)
    told = first_transaction(
        profile, case(deposit, parties=[HOLDER, JOINT], links={"P-1": "holder", "P-3": "joint_holder"})
    )
    assert roles(told) == [
        ("person_my_client", "payer", "cash"),
        ("person_my_client", "payer", "cash"),
        ("account_my_client", "payee", "account"),
    ]
    assert told.find("t_from") is None
    assert told.find("t_from_my_client") is None


@pytest.mark.parametrize("profile", STR)
def test_the_joint_holder_at_the_counter_is_the_one_whose_cash_it_is(profile: str) -> None:
    deposit = transaction(1, debtor_party_id=None, conductor_party_id="P-3", conductor_name="Sam Whitfield")
    told = first_transaction(
        profile, case(deposit, parties=[HOLDER, JOINT], links={"P-1": "holder", "P-3": "joint_holder"})
    )
    assert roles(told) == []
    assert told.findtext("t_from_my_client/from_person/first_name") == "Sam"
    assert told.find("t_from_my_client/t_conductor") is None
    related = told.findall("t_to_my_client/to_account/related_persons/account_related_person")
    assert [each.findtext("t_person/first_name") for each in related] == ["Dana", "Sam"]


@pytest.mark.parametrize("profile", STR)
def test_a_stranger_who_takes_cash_to_the_holder_is_the_conductor(profile: str) -> None:
    withdrawal = transaction(1, direction="debit", conductor_party_id=None, conductor_name="Lee Unknown")
    told = first_transaction(profile, case(withdrawal, parties=[HOLDER], links={"P-1": "holder"}))
    assert roles(told) == []
    assert told.findtext("t_from/t_conductor/last_name") == "Unknown"
    assert told.findtext("t_to_my_client/to_person/last_name") == "Whitfield"


@pytest.mark.parametrize("profile", STR)
def test_a_company_that_brings_cash_is_a_party(profile: str) -> None:
    courier = company("P-7", name="Swift Couriers LLC", is_customer=False, roles=["conductor"])
    deposit = transaction(1, conductor_party_id="P-7", conductor_name="Swift Couriers LLC")
    told = first_transaction(profile, case(deposit, parties=[HOLDER, courier], links={"P-1": "holder"}))
    assert roles(told)[-1] == ("entity", "conductor", None)
    assert told.findtext("involved_parties/party[last()]/entity/name") == "Swift Couriers LLC"


@pytest.mark.parametrize("profile", STR)
def test_a_payment_to_a_stranger_in_cash_by_a_stranger_keeps_its_client(profile: str) -> None:
    stranger = party(
        "P-4", is_customer=False, roles=["creditor"], name="Kim Outside", first_name="Kim", last_name="Outside"
    )
    paid = transaction(
        1, direction="debit", creditor_party_id="P-4", conductor_party_id=None, conductor_name="Lee Unknown"
    )
    told = first_transaction(profile, case(paid, parties=[HOLDER, stranger], links={"P-1": "holder"}))
    assert roles(told) == [
        ("account_my_client", "payer", "account"),
        ("person", "payee", "cash"),
        ("person", "conductor", None),
    ]


@pytest.mark.parametrize("profile", STR)
def test_companies_that_hold_an_account_together_stand_on_it(profile: str) -> None:
    holder = company("P-9", is_subject=True, roles=["subject", "holder"])
    other = company("P-8", name="Second Blooms LLC", roles=["joint_holder"])
    links = {"P-9": "holder", "P-8": "joint_holder", "P-1": "beneficial_owner"}
    deposit = transaction(1, creditor_party_id="P-9", debtor_party_id="P-9")
    told = first_transaction(
        profile, case(deposit, parties=[holder, other, party("P-1", roles=["beneficial_owner"])], links=links)
    )
    account = told.find(".//to_account")
    assert account is not None
    assert account.findtext("t_entity/name") == "Harbor Blooms LLC"
    assert account.findtext("related_entities/account_related_entity/entity/name") == "Second Blooms LLC"
    owner = account.find("t_entity/related_persons/entity_related_person")
    assert owner is not None
    assert (owner.findtext("person/last_name"), owner.findtext("role")) == ("Whitfield", "UBO")


@pytest.mark.parametrize(("profile", "roles_told"), [(STR[0], ("UBO", "-", "-")), (STR[1], ("UBO", "SHRHL", "MGR"))])
def test_owners_of_a_company_stand_in_it_with_their_role(profile: str, roles_told: tuple[str, ...]) -> None:
    interests = [
        {"party_id": "P-1", "control_kind": "shares", "share_percent": Decimal("60.5000")},
        {"party_id": "P-2", "control_kind": "management", "share_percent": None},
        {"party_id": "P-2", "control_kind": "voting_rights", "share_percent": Decimal(20)},
        {"party_id": "P-3", "control_kind": "management", "share_percent": None},
        {"party_id": "P-8", "control_kind": "shares", "share_percent": Decimal(10)},
    ]
    holder = company("P-9", is_subject=True, roles=["subject", "holder"], owners=interests)
    parties = [holder, *(party(f"P-{n}", roles=["owner"], last_name=f"Owner {chr(64 + n)}") for n in (1, 2, 3))]
    links = {"P-9": "holder", "P-1": "beneficial_owner"}
    deposit = transaction(1, creditor_party_id="P-9", debtor_party_id="P-9")
    told = first_transaction(profile, case(deposit, parties=[*parties, company("P-8", roles=["owner"])], links=links))
    entity = told.find(".//to_account/t_entity")
    assert entity is not None
    found = entity.findall("related_persons/entity_related_person")
    assert {each.findtext("person/last_name"): each.findtext("role") for each in found} == dict(
        zip(("Owner A", "Owner B", "Owner C"), roles_told, strict=True)
    )
    remarks = {each.findtext("person/last_name"): each.findtext("person/comments") or "" for each in found}
    assert "interest: shares 60.50 %" in remarks["Owner A"]
    assert "interest: voting rights 20.00 %, management" in remarks["Owner B"]


@pytest.mark.parametrize("profile", STR)
def test_goods_exposure_and_the_pack_are_told(profile: str) -> None:
    exposed = {**HOLDER, "pep": True}
    moved = transaction(1, purpose="GDDS", remittance_information="Roses")
    told = first_transaction(profile, case(moved, parties=[exposed], links={"P-1": "holder"}))
    assert told.findtext("goods_services/item/description") == "Purpose GDDS: Roses"
    assert told.findtext(".//from_person/peps/pep/pep_country") == "US"
    root = told.getparent()
    assert root is not None
    assert (root.findtext("additional_information/additional_info/info_text") or "").startswith("REF-1.pdf")
