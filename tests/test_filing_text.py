"""Names in any script, control characters, long stories: each is carried whole, or named."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree
from reporting_case import Tables, casefile, tables

from reports.document import compose, serialise
from reports.formats import money
from reports.narrative import draft, narrative
from reports.profile import load, names
from reports.rulebook import Violation
from reports.text import latin, one_line, parts, printable

FINCEN = {"fc2": "www.fincen.gov/base"}


def composed(profile: str, rows: Tables) -> tuple[etree._Element, list[Violation]]:
    file = casefile(rows)
    root, violations = compose(load(profile), file, "REF-1", narrative(file))
    return etree.fromstring(serialise(root)), violations


def told(rows: Tables, text: str) -> Tables:
    rows["rpt_str_case"][0]["officer_narrative"] = text
    return rows


def texts(root: etree._Element, path: str) -> list[str]:
    found: Any = root.xpath(path, namespaces=FINCEN)
    return [str(element.text) for element in found]


@pytest.mark.parametrize(
    "name", ["张伟", "محمد العلي", "Ханна Петрова", "Søren Ægir Łęcki", "שלום", "😀 Smith", "O'Neil & <Sons>"]
)
def test_goaml_prints_a_name_as_it_is_in_any_script(name: str) -> None:
    rows = tables()
    rows["rpt_str_party"][0]["last_name"] = name
    root, violations = composed("goaml-5.0.1-str", rows)
    assert violations == []
    assert name in texts(root, "//from_person/last_name")


def test_fincen_spells_latin_letters_in_ascii_and_names_what_it_cannot_spell() -> None:
    rows = tables()
    rows["rpt_str_party"][0].update(first_name="José", last_name="Søndergård-Weiß")
    root, violations = composed("fincen-sar", rows)
    assert violations == []
    assert texts(root, "//fc2:RawIndividualFirstName") == ["Jose"]
    assert texts(root, "//fc2:RawEntityIndividualLastName") == ["Sondergard-Weiss"]

    rows["rpt_str_party"][0]["last_name"] = "张"
    _, violations = composed("fincen-sar", rows)
    assert ("FS-604", "张") in {(violation.rule, violation.value) for violation in violations}
    assert any(violation.field.endswith("RawEntityIndividualLastName") for violation in violations)


@pytest.mark.parametrize("profile", names("case"))
def test_control_characters_are_left_out_and_named(profile: str) -> None:
    rows = told(tables(), "Money\x00 moved\x1b in\ud800 circles.")
    root, violations = composed(profile, rows)
    assert [violation.rule[3:] for violation in violations] == ["021"]
    assert {violation.severity for violation in violations} == {"warning"}
    assert "Money moved in circles." in texts(root, "/report/reason | //fc2:ActivityNarrativeText")


@pytest.mark.parametrize("profile", names("case"))
def test_the_officers_own_text_replaces_the_draft(profile: str) -> None:
    root, violations = composed(profile, told(tables(), "  Seen at the counter.  "))
    assert violations == []
    assert texts(root, "/report/reason | //fc2:ActivityNarrativeText") == ["Seen at the counter."]


def test_a_draft_names_the_busiest_accounts_and_counts_the_rest() -> None:
    file = casefile(tables())
    account_id = file.transactions[0]["account_id"]
    account = file.accounts[account_id]
    many = {
        f"B-{number}": {**account, "account_number": f"NUMBER-{number}", "account_id": f"B-{number}"}
        for number in range(60)
    } | {account_id: account}
    text = draft(dataclasses.replace(file, accounts=many))
    assert f"ran through {len(many)} accounts" in text
    assert text.count("NUMBER-") <= 20
    assert str(account["account_number"] or account_id) in text
    assert "41 others" in text


def test_a_draft_does_not_tell_what_was_struck_as_if_it_stood() -> None:
    rows = tables()
    (fired,) = rows["rpt_str_alert"]
    other = {**fired, "alert_id": "al-2", "scenario_id": "fan_in", "scenario_name": "Many payers"}
    rows["rpt_str_alert"] = [{**fired, "struck_transactions": 2}, {**other, "struck_transactions": 6}]
    text = draft(casefile(rows))
    assert "none above 10,000.00 USD, counting 2 movements taken out of evidence since." in text
    assert "Many payers" not in text


def test_a_long_narrative_is_split_and_reads_whole_again() -> None:
    story = one_line(" ".join(f"Deposit {number} was made by a hired hand." for number in range(500)))[:16_999].strip()
    root, violations = composed("fincen-sar", told(tables(), story))
    assert violations == []
    pieces = texts(root, "//fc2:ActivityNarrativeText")
    assert len(pieces) == 5
    assert max(map(len, pieces)) <= 4000
    assert "".join(pieces) == story
    assert texts(root, "//fc2:ActivityNarrativeSequenceNumber") == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("profile", "rule"), [("fincen-sar", "FS-602"), ("goaml-5.0.1-str", "GA-601")])
def test_a_narrative_beyond_the_limit_is_refused_not_cut(profile: str, rule: str) -> None:
    _, violations = composed(profile, told(tables(), "A hired hand came again. " * 1200))
    assert rule in {violation.rule for violation in violations}


@given(st.text(max_size=400), st.integers(5, 60))
def test_parts_lose_nothing_and_keep_their_size(text: str, size: int) -> None:
    line = one_line(text)
    # Between single characters every place is beside a blank.
    assume(all(len(word) > 1 for word in line.split()))
    pieces = parts(line, size)
    assert "".join(pieces) == line
    for piece in pieces:
        assert 0 < len(piece) <= size
        assert piece == piece.strip(), "no run of blanks is longer than one, so no piece ends in one"


@given(st.text())
def test_printable_text_is_xml_and_latin_changes_no_ascii(text: str) -> None:
    element = etree.Element("e")
    element.text = printable(text)
    assert etree.fromstring(etree.tostring(element, encoding="UTF-8")).tag == "e"
    ascii_text = text.encode("ascii", "ignore").decode()
    assert latin(ascii_text) == ascii_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("9400.0000", "9400.00"),
        ("0.0001", "0.0001"),
        ("1E+15", "1000000000000000.00"),
        ("7.5000", "7.50"),
        ("0", "0.00"),
    ],
)
def test_amounts_keep_every_decimal(value: str, text: str) -> None:
    assert money(Decimal(value)) == text


def test_fincen_rounds_the_amount_up_to_dollars() -> None:
    rows = tables()
    rows["rpt_str_case"][0]["amount"] = Decimal("73100.0001")
    root, _ = composed("fincen-sar", rows)
    assert texts(root, "//fc2:TotalSuspiciousAmountText") == ["73101"]
    assert root.get("TotalAmount") == "73101"
