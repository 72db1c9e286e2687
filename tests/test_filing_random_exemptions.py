"""Whatever is known of an exempt party, its batch passes rule book and schema; what is then altered is named."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from reporting_exemption import BUSINESS, designation, exemptfile

from reports.document import compose, serialise
from reports.exemptfile import ExemptFile
from reports.fincen_doep import variables
from reports.profile import load
from reports.rulebook import check
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
DOEP = "fincen-doep"

words = st.sampled_from(["Ann", "José", "O'Brien & Sons", "<Ltd>", "Müller", "Zoë  Ann", "x" * 35])
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def exemptions(draw: st.DrawFn) -> ExemptFile:
    kind = draw(st.sampled_from(["initial", "amended", "revoked"]))
    natural = {"party_type": "natural_person", "first_name": draw(words), "last_name": draw(st.none() | words)}
    party: dict[str, Any] = draw(st.sampled_from([{}, natural]))
    return exemptfile(
        designation(
            kind=kind,
            basis=draw(
                st.sampled_from(["listed_company", "listed_subsidiary", "non_listed_business", "payroll_customer"])
            ),
            prior_document_number=None if kind == "initial" else draw(st.sampled_from([None, "31000123456789"])),
            doing_business_as=draw(st.none() | words),
            effective_on=draw(st.dates(date(1998, 1, 1), date(2026, 3, 9))),
            **{
                **party,
                "name": draw(words),
                "industry_code": draw(st.sampled_from([None, "445110", "722"])),
                "occupation": draw(st.sampled_from([None, "Grocer"])),
                "phones": draw(st.sampled_from([None, [], [{"type": "mobile", "number": "+1 518 555 0142"}]])),
                "email": draw(st.sampled_from([None, "a@example.com"])),
                "addresses": [{**BUSINESS["addresses"][0], "line": draw(words), "town": draw(words)}],
            },
        ),
        {"rssd": draw(st.sampled_from([None, "9999999"]))},
    )


@quick
@given(file=exemptions())
def test_a_sound_exemption_passes_the_rules(file: ExemptFile) -> None:
    _, violations = compose(load(DOEP), file, "REF-1", "")
    assert [str(violation) for violation in violations if violation.severity == "error"] == []


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="skipped: ../shared not present")
@quick
@given(file=exemptions())
def test_a_sound_exemption_passes_the_schema(file: ExemptFile) -> None:
    profile = load(DOEP)
    root, _ = compose(profile, file, "REF-1", "")
    assert verify_schema(serialise(root), profile, SCHEMAS).faults == ()


# An element, what is written into it, and the rule that names it.
MUTATIONS = [
    ("ExemptEffectiveBeginDateText", "19971231", "FD-408"),
    ("EFilingPriorDocumentNumber", "3100012345678x", "FD-406"),
    ("RawStateCodeText", "ny", "FD-611"),
    ("RawZIPCode", "1220", "FD-610"),
    ("RawPartyFullName", "Bank ", "FD-605"),
    ("RawEntityIndividualLastName", "y" * 151, "FD-603"),
    ("RawStreetAddress1Text", "Ж", "FD-604"),
    ("PartyIdentificationNumberText", "x" * 26, "FD-603"),
    ("NAICSCode", "4x", "FD-612"),
    ("RawCountryCodeText", "us", "FD-609"),
]


@quick
@given(file=exemptions(), mutation=st.sampled_from(MUTATIONS), chosen=st.integers(0))
def test_what_is_altered_is_named_by_rule_field_and_value(
    file: ExemptFile, mutation: tuple[str, str, str], chosen: int
) -> None:
    profile = load(DOEP)
    root, _ = compose(profile, file, "REF-1", "")
    element, value, rule = mutation
    there = list(root.iter(f"{{www.fincen.gov/base}}{element}"))
    if not there:
        return
    there[chosen % len(there)].text = value
    found = check(root, profile.rules, profile.namespaces, variables(file))
    named = [violation for violation in found if violation.rule == rule]
    assert [(violation.field.rpartition("/")[2].partition("[")[0], violation.value) for violation in named] == [
        (element, value)
    ]
