"""A narrative is checked while it is written, by the same rules that its filing will be checked by."""

from __future__ import annotations

import pytest

from reports.narrative_check import narrative_findings
from reports.profile import load

FINCEN, GOAML = "fincen-sar", "goaml-5.0.1-str"


def rules(profile: str, text: str) -> list[tuple[str, str]]:
    return [(found.rule, found.severity) for found in narrative_findings(load(profile), text)]


@pytest.mark.parametrize("profile", [FINCEN, GOAML])
def test_a_plain_text_has_no_finding(profile: str) -> None:
    assert rules(profile, "Cash was split over branches.\n\nA second paragraph, with José and € 5.") == []


def test_each_profile_names_what_it_cannot_carry() -> None:
    assert rules(FINCEN, "张伟 paid.") == [("FS-604", "error")]
    assert rules(GOAML, "张伟 paid.") == []
    assert rules(GOAML, "x" * 8000) == []
    assert rules(GOAML, "x" * 8001) == [("GA-601", "error")]
    assert rules(FINCEN, "x" * 17000) == []
    assert rules(FINCEN, "x" * 17001) == [("FS-602", "error")]
    assert rules(FINCEN, "") == [("FS-601", "error")]
    assert rules(GOAML, " ") == [("GA-108", "error")]


def test_all_findings_are_named_at_once() -> None:
    assert rules(FINCEN, "张\x07" + "x" * 17000) == [("FS-021", "warning"), ("FS-602", "error"), ("FS-604", "error")]


def test_the_finding_shows_what_stands_there() -> None:
    (found,) = narrative_findings(load(FINCEN), "Paid by 张伟.")
    assert (found.field, found.value) == (
        "/EFilingBatchXML/Activity/ActivityNarrativeInformation/ActivityNarrativeText",
        " 张伟 ",
    )
