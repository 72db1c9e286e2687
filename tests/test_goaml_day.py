"""A business day's cash under goAML: one report, each movement once, every rule with what breaks it."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import reporting_lake as lakes
from goaml_examples import Example, by_profile
from lxml import etree
from reporting_case import Tables, tables
from reporting_day import DAY, day_tables, dayfile
from reporting_lake import Lake, build

from reports import generate, preview
from reports.batch import FORMS, parts
from reports.document import serialise
from reports.errors import RulesBroken
from reports.profile import load, names
from reports.rulebook import check
from reports.schema import verify_schema

stored, lake = lakes.stored, lakes.lake
SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
PROFILES = [name for name in names("day") if name.startswith("goaml")]
EXAMPLES = by_profile("day")


def as_case(rows: Tables) -> Tables:
    """``rows`` under the names that the examples of a case use, too."""
    return {**rows, **{f"rpt_str_{table}": rows[f"rpt_ctr_{table}"] for table in ("party", "account", "transaction")}}


def broken(profile: str, example: Example) -> set[str]:
    """The rules that an example breaks."""
    spoilt: dict[str, Any] = {"rows": example} if callable(example) else example
    rows = as_case(day_tables())
    spoilt.get("rows", lambda _: None)(rows)
    file = dayfile(rows)
    (part,) = parts(load(profile), file, spoilt.get("filing_ref", "REF-1"))
    violations = part.violations
    if "document" in spoilt:
        spoilt["document"](part.root)
        violations = check(part.root, load(profile).rules, {}, FORMS["goaml"][1](file, part.reports))
    return {violation.rule for violation in violations}


def test_every_rule_has_an_example() -> None:
    assert sorted(EXAMPLES) == PROFILES
    for name, examples in EXAMPLES.items():
        assert sorted(examples) == sorted(rule.id for rule in load(name).rules)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in EXAMPLES.items() for rule in rules])
def test_the_example_of_a_rule_is_caught_by_it(name: str, rule: str) -> None:
    assert rule in broken(name, EXAMPLES[name][rule])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_day_is_one_report_with_each_movement_once(profile: str) -> None:
    (part,) = parts(load(profile), dayfile(day_tables()), "REF-1")
    root = part.root
    assert part.violations == []
    assert verify_schema(serialise(root), load(profile), SCHEMAS).faults == ()
    told = {each.findtext("transactionnumber"): each for each in root.iterfind("transaction")}
    assert list(told) == [row["transaction_id"] for row in day_tables()["rpt_ctr_transaction"]]
    assert sum(Decimal(each.findtext("amount_local") or "") for each in told.values()) == Decimal("50000.75")
    assert root.find(".//from_is_suspected") is None
    # By the holder herself, by a stranger beside two holders, by a company, by a signatory.
    assert told["D-0001"].findtext("t_from_my_client/from_person/first_name") == "Dana"
    parties = told["D-0003"].findall("involved_parties/party")
    assert [each.findtext("comments") for each in parties] == ["payer", "payer", "payee", "conductor"]
    assert told["D-0004"].findtext("involved_parties/party/entity/name") == "Northway Cash Logistics Inc"
    assert told["D-0005"].findtext("t_from_my_client/t_conductor/birthdate") == "1986-05-03T00:00:00"


def test_the_report_codes_are_those_of_the_schemas() -> None:
    codes = {}
    for profile in PROFILES:
        (part,) = parts(load(profile), dayfile(day_tables()), "REF-1")
        root = part.root
        indicators = [each.text for each in root.iterfind("report_indicators/indicator")]
        codes[profile] = (root.findtext("report_code"), indicators)
    assert codes == {
        "goaml-5.0.1-ctr": ("CTR", ["-"]),
        "goaml-5.0.2-uae-ctr": ("DPMSR", ["DPMSI", "DPMSJ"]),
    }


@pytest.mark.parametrize("profile", PROFILES)
def test_a_day_is_filed_from_the_lake_and_a_faulty_one_refused(lake: Lake, profile: str) -> None:
    connection, settings = lake
    settings = settings.model_copy(update={"schemas": SCHEMAS if SCHEMAS.is_dir() else None})
    rows = {**tables(), **day_tables()}
    pin = build(connection, rows)
    made = generate(connection, settings, DAY, profile, pin=pin)
    assert made.validity in ("valid", "not checked: no schema on this site")
    assert len(etree.parse(made.path).findall("transaction")) == 5
    assert generate(connection, settings, DAY, profile) == made

    rows["rpt_ctr_account"][0]["parties"] = []
    rows["rpt_ctr_party"][0]["name"] = None
    rows["rpt_ctr_party"][4].update(name=None, incorporation_number=None)
    pin = build(connection, rows)
    with pytest.raises(RulesBroken) as refused:
        generate(connection, settings, DAY, profile, filing_ref="faulty", pin=pin)
    assert {violation.rule for violation in refused.value.violations} >= {"GA-307", "GA-308", "GA-501", "GA-503"}
    assert list(refused.value.violations) == preview(connection, DAY, profile, pin)
    assert not (settings.home / "outbox" / "faulty").exists()
