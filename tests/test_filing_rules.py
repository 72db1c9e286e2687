"""Every rule of every rule book has an example that breaks it, and is named by it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import goaml_examples
import pytest
from filing_changes import (
    Rows,
    drop,
    earlier,
    hundred_addresses,
    hundred_branches,
    jointly,
    mark,
    no_country,
    no_subject,
    no_town,
    nothing_suspicious,
    of_company,
    put,
    subject_address,
    subject_paper,
    twice,
    write,
    write_into,
)
from reporting_case import casefile, tables

from reports.document import compose, variables
from reports.narrative import narrative
from reports.profile import Profile, load, names
from reports.rulebook import check

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
    "FS-626": {"document": drop("//fc2:InitialReportIndicator/..")},
    "FS-627": put("str_case", prior_filings=[earlier(regulator_reference="3100")]),
    "FS-628": {"document": write_into("//fc2:ActivityAssociation", "CorrectsAmendsPriorReportIndicator", "Y")},
    "FS-629": {"document": write_into("//fc2:SuspiciousActivity", "CumulativeTotalViolationAmountText", "1")},
    "FS-630": put("str_transaction", 6, ip_address="203.0.113.256"),
    "FS-631": {"document": twice("//fc2:ActivityIPAddress")},
    "FS-632": {"document": drop("//fc2:ActivityIPAddressTimeStampText")},
    "FS-633": hundred_addresses,
    "FS-634": {"document": write_into("//fc2:ActivityAssociation", "JointReportIndicator", "Y")},
    "FS-635": jointly(officer_narrative="Nobody else is named."),
    "FS-636": jointly(contact=None),
    "FS-637": jointly(name="Vigil Demonstration Bank"),
    "FS-625": put("str_case", amount=Decimal("73100.0002")),
    "FS-624": put("str_case", activity_from=date(2012, 3, 31)),
    "FS-641": put("str_party", name=None, first_name=None, last_name=None),
    "FS-642": put("str_account", parties=[]),
    "FS-643": put("str_transaction", base_amount=None),
    "FS-644": put("str_transaction", booked_at=datetime(2026, 3, 14)),
    "FS-645": put("str_transaction", base_amount=Decimal(0)),
    "FS-647": {
        "rows": put("str_party", name=None, first_name=None, last_name=None),
        "document": drop("//fc2:EntityLastNameUnknownIndicator"),
    },
    "FS-646": put("str_transaction", base_amount=Decimal(10) ** 15),
}
EXAMPLES = {"fincen-sar": FINCEN, **goaml_examples.by_profile()}


def broken(profile: Profile, example: Rows | dict[str, Any]) -> set[str]:
    """The rules that an example breaks."""
    rows = tables()
    if callable(example):
        example = {"rows": example}
    example.get("rows", lambda _: None)(rows)
    file = casefile(rows)
    story = example.get("narrative", narrative(file))
    root, violations = compose(profile, file, example.get("filing_ref", "REF-1"), story)
    if "document" in example:
        assert "rows" in example or violations == []
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
