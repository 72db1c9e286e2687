"""Each value of a file is of something, and leads to the events of that and to no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import reporting_lake as lakes
from lxml import etree
from reporting_case import CASE
from reporting_lake import Lake

from reports import figures, generate, meant, profiles
from reports.figures import Source

stored, lake = lakes.stored, lakes.lake


@pytest.mark.parametrize("profile", profiles("case"))
def test_every_value_has_its_figure(lake: Lake, profile: str) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, profile)
    found = figures(connection, filing)
    root = etree.parse(filing.path).getroot()
    texts = [element.text for element in root.iter(etree.Element) if len(element) == 0 and element.text]
    assert [figure.value for figure in found if "/@" not in figure.path] == texts


def test_a_movement_s_figures_are_its_own(lake: Lake) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, "goaml-5.0.1-str")
    found = figures(connection, filing)
    told = {
        figure.label.removeprefix("transaction "): figure.events
        for figure in found
        if figure.path.endswith("/amount_local")
    }
    moved = {
        row["transaction_id"]: (Source(row["topic"], row["partition"], row["offset"]),)
        for row in filing.manifest["transactions"]
    }
    assert told
    assert told == {number: moved[number] for number in told}


def test_totals_parties_and_the_site_lead_where_they_came_from(lake: Lake) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, "fincen-sar")
    found = figures(connection, filing)
    movements = {Source(row["topic"], row["partition"], row["offset"]) for row in filing.manifest["transactions"]}
    (total,) = meant(found, "SuspiciousActivity/TotalSuspiciousAmountText")
    assert set(total.events) == movements
    (born,) = meant(found, "IndividualBirthDateText")
    assert born.events == (Source("bank.parties", 0, 1),)
    (code,) = meant(found, "FormTypeCode")
    assert (code.label, code.events) == ("the profile", ())
    names = meant(found, "RawPartyFullName")
    assert any(figure.events == () and figure.label == "reporting entity" for figure in names)


def test_a_number_of_the_sequence_means_what_stands_in_it(lake: Lake) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, "fincen-sar")
    found = figures(connection, filing)
    (birth,) = meant(found, "IndividualBirthDateText")
    number = birth.sequence
    assert number
    assert birth in meant(found, number)
    assert meant(found, f"IndividualBirthDateText[@SeqNum='{number}']") == [birth]
    assert meant(found, "no such element") == []


def test_the_folder_is_only_read(lake: Lake, tmp_path: Path) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, "fincen-sar")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    figures(connection, filing)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
