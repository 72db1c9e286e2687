"""Another country's report is another folder: no line of Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import reporting_lake as lakes
import yaml
from lxml import etree
from reporting_case import CASE, casefile, tables
from reporting_lake import Lake

from reports import generate, profiles
from reports.document import compose, serialise
from reports.errors import RulesBroken, UnknownProfile
from reports.narrative import narrative
from reports.profile import PROFILES, load, names

stored, lake = lakes.stored, lakes.lake
SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
HEAD = """
extends: goaml-5.0.1-str
version: "1"
form: goaml
report: STR
title: Report of country XX
schema: goaml/xx.xsd
"""
FILES = {
    "codes.csv": "list,ours,code,meaning\nfunds,cash,CASH,Cash\ntransmode,online,NET,Internet\n",
    "template.yml": """
transaction:
  comments after t_to: description
  value_date: null
client_person:
  alias before ssn: last_name
""",
    "rules.yml": """
- {id: GA-408, kind: dropped, message: XX asks for no occupation., source: XX's guide}
- {id: GA-404, kind: mandatory, message: XX wants the tax number., source: XX's guide}
- id: XX-001
  nodes: //transaction
  test: number(amount_local) < 9500
  field: amount_local
  message: XX wants no transaction of 9,500 or more in this report.
  source: XX's guide
""",
}


@pytest.fixture
def country(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site's own profiles, in which a test puts what makes ``xx-str``."""
    own = tmp_path / "profiles"
    (own / "xx-str").mkdir(parents=True)
    monkeypatch.setenv("VIGIL_PROFILES", str(own))
    return own / "xx-str"


def write(folder: Path, head: str = HEAD, **files: str) -> None:
    (folder / "profile.yml").write_text(head)
    for name, content in files.items():
        (folder / name).write_text(content)


def test_a_folder_that_extends_another_changes_only_what_it_names(country: Path) -> None:
    write(country, **FILES)
    profile, file, other = load("xx-str"), casefile(tables()), load("goaml-5.0.1-str")
    root, violations = compose(profile, file, "REF-1", narrative(file))
    content = serialise(root).decode()
    assert violations == []
    assert "<from_funds_code>CASH</from_funds_code>" in content
    assert "<transmode_code>NET</transmode_code>" in content
    assert "<transmode_code>A</transmode_code>" in content
    assert "<value_date>" not in content
    assert root.findtext("transaction/comments") == root.findtext("transaction/transaction_description")
    assert root.findtext(".//from_person/alias") == "Whitfield"
    rules = {rule.id: rule for rule in profile.rules}
    assert set(rules) ^ {rule.id for rule in other.rules} == {"GA-408", "XX-001"}
    assert rules["GA-404"].message == "XX wants the tax number."
    assert all(profile.digests[name] != other.digests[name] for name in other.digests)


def test_a_file_that_the_folder_lacks_is_the_others(country: Path) -> None:
    write(country, **{"codes.csv": FILES["codes.csv"]})
    profile, other = load("xx-str"), load("goaml-5.0.1-str")
    assert profile.digests["rules.yml"] == other.digests["rules.yml"]
    assert profile.digests["template.yml"] == other.digests["template.yml"]
    assert profile.digests["codes.csv"] != other.digests["codes.csv"]
    assert "xx-str" in profiles()


def test_a_case_is_filed_under_the_new_country(country: Path, lake: Lake) -> None:
    write(country, **FILES)
    connection, settings = lake
    made = generate(connection, settings, CASE, "xx-str")
    assert made.validity == "not checked: no schema on this site"
    assert etree.parse(made.path).getroot().findtext("transaction/t_from/from_funds_code") == "CASH"

    (country / "rules.yml").write_text(FILES["rules.yml"].replace("9500", "9000"))
    (country.parent / "yy-str").mkdir()
    write(country.parent / "yy-str", HEAD.replace("goaml-5.0.1-str", "xx-str"))
    with pytest.raises(RulesBroken, match="XX-001 error"):
        generate(connection, settings, CASE, "yy-str")
    assert [path.name for path in settings.home.glob("outbox/*")] == [made.filing_ref]


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("schema: goaml/xx.xsd", ""),
        HEAD.replace("goaml-5.0.1-str", "nowhere"),
        HEAD.replace("goaml-5.0.1-str", "xx-str"),
        HEAD + "colour: red\n",
        "a: [",
    ],
)
def test_a_faulty_profile_names_itself(country: Path, head: str) -> None:
    write(country, head)
    with pytest.raises(UnknownProfile, match="xx-str"):
        load("xx-str")


@pytest.mark.parametrize("part", ["client_person: {nothing_like_it: name}", "client_person: {a before nothing: name}"])
def test_an_element_to_change_must_be_there(country: Path, part: str) -> None:
    write(country, **{"template.yml": part})
    with pytest.raises(UnknownProfile, match="nothing"):
        load("xx-str")


def test_a_name_is_given_once(country: Path) -> None:
    write(country)
    country.rename(country.parent / "goaml-5.0.1-str")
    with pytest.raises(UnknownProfile, match="given already"):
        load("goaml-5.0.1-str")


@pytest.mark.parametrize("name", names())
def test_a_template_names_no_rule_that_is_in_no_rule_book(name: str) -> None:
    family = name.split("-")[0]
    known = {
        row["id"]
        for path in PROFILES.glob(f"{family}-*/rules.yml")
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    }
    asked = set(_rules_named(load(name).template))
    assert asked - known == set()


def _rules_named(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["required"]] if "required" in node else []
        return own + [rule for value in node.values() for rule in _rules_named(value)]
    if isinstance(node, list):
        return [rule for value in node for rule in _rules_named(value)]
    return [node.split("!")[1].split()[0]] if isinstance(node, str) and "!" in node else []


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="../shared not present")
@pytest.mark.parametrize("name", [name for name in names() if name.startswith("goaml")])
def test_every_code_is_in_the_list_of_the_schema(name: str) -> None:
    profile = load(name)
    lists = {
        "account_type": "account_type", "account_status": "account_status_type",
        "account_role": "account_person_role_type", "entity_role": "entity_person_role_type", "funds": "funds_type",
        "transmode": "conduction_type", "identification": "identifier_type", "legal_form": "legal_form_type",
        "contact": "contact_type", "communication": "communication_type", "party_role": "party_role_type",
        "report_role": "report_party_role_type", "indicator": "report_indicator_type", "goods": "trans_item_type",
        "gender": "gender_type",
    }  # fmt: skip
    for ours, theirs in lists.items():
        listed = _enumerated(SCHEMAS / profile.schema, theirs)
        given = set(profile.codes.get(ours, {}).values())
        assert given - listed == set() or not listed, f"list {ours} of {name}"
    assert profile.codes["report"][profile.report] in _enumerated(SCHEMAS / profile.schema, "report_type")
    for rule, theirs in (("GA-612", "country_type"), ("GA-613", "currency_type")):
        (found,) = [each for each in profile.rules if each.id == rule]
        assert set(found.values.split()) - _enumerated(SCHEMAS / profile.schema, theirs) == set()


def _enumerated(schema: Path, name: str) -> set[str]:
    found: Any = etree.parse(schema).xpath(
        "//xs:simpleType[@name=$name]//xs:enumeration/@value",
        namespaces={"xs": "http://www.w3.org/2001/XMLSchema"},
        name=name,
    )
    return {str(value) for value in found}
