"""Published sanctions lists as our events: every entry of the files, with the names and numbers they give."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import polars as pl
import pytest
from conformity import faults
from lxml import etree

from screening.lists.version import TOPIC
from simulator.errors import SharedMissing
from simulator.replay_watchlists import watchlists

SHARED = Path(os.environ.get("VIGIL_SHARED", "../shared"))
needs_shared = pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="skipped: ../shared not present")


@pytest.fixture(scope="module")
def messages() -> pl.DataFrame:
    return watchlists(SHARED)[TOPIC]


@needs_shared
def test_every_entry_of_both_lists_is_there_once_and_fits_the_contract(messages: pl.DataFrame) -> None:
    folder = SHARED / "data" / "watchlists"
    with (folder / "ofac_sdn.csv").open(encoding="utf-8", newline="") as lines:
        ofac = {f"ofac_sdn/{row[0]}" for row in csv.reader(lines) if len(row) > 1}
    root = etree.parse(str(folder / "un_consolidated.xml")).getroot()
    un = {
        f"un_consolidated/{entry.findtext('DATAID')}" for kind in ("INDIVIDUAL", "ENTITY") for entry in root.iter(kind)
    }
    assert messages["key"].to_list() == list(dict.fromkeys(messages["key"]))
    assert set(messages["key"]) == ofac | un
    assert faults(TOPIC, messages) == []


@needs_shared
def test_every_alias_and_address_of_the_files_is_kept(messages: pl.DataFrame) -> None:
    folder = SHARED / "data" / "watchlists"
    events = [json.loads(value) for value in messages["value"]]
    ofac = [event for event in events if event["list_name"] == "ofac_sdn"]
    with (folder / "ofac_alt.csv").open(encoding="utf-8", newline="") as lines:
        aliases = sum(len(row) > 1 for row in csv.reader(lines))
    told = sum(alias["quality"] == "strong" for event in ofac for alias in event.get("aliases", ()))
    assert told == aliases
    cano = next(event for event in events if event["entry_id"] == "ofac_sdn/10000")
    assert cano["name"] == "CANO CORREA, Jhon Eidelber"
    assert cano["birth_dates"] == [{"value": "13 Dec 1963"}]
    assert {"type": "Cedula No.", "number": "16217170 (Colombia)"} in cano["identifiers"]
    assert {"type": "Passport", "number": "AC877214 (Colombia)"} in cano["identifiers"]


@needs_shared
def test_the_un_list_gives_its_own_date_as_version(messages: pl.DataFrame) -> None:
    last = json.loads(messages["value"][-1])
    assert (last["list_name"], last["list_version"]) == ("un_consolidated", "2026-02-27")


def test_a_missing_list_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SharedMissing, match=r"ofac_sdn\.csv .*VIGIL_SHARED"):
        watchlists(tmp_path)
