"""Data docs: the pages an auditor opens, written without a network and without a person's data."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import load
from expectations import run_gate
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest

BROKER = [{"topic": topic, "partition": 0, "end_offset": 0, "newest": None} for topic in load()]


def test_each_run_has_its_page_and_the_index_leads_to_it(
    catalog: tuple[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1]))
    with connect(settings) as connection:
        prepare(connection, load().values())
        connection.execute("""
            insert into lake.landing.bank_parties by name
            select 'P1' as party_id, 'Wilhelmina Testperson' as name, false as _tombstone, 0 as _partition, 4 as _offset
        """)
        pin = latest(connection)
    for day in (1, 2):
        at = datetime(2026, 3, day, tzinfo=UTC)
        results = run_gate(settings, "landing", pin=pin, at=at, parameters={"broker": BROKER})

    index = results[0].data_docs
    assert index == tmp_path / "expectations" / "data_docs" / "index.html"
    linked = {index.parent / link for link in re.findall(r"validations/[^\"' ]+\.html", index.read_text())}
    pages = set(index.parent.glob("validations/**/*.html"))
    assert linked == pages
    assert len({page.parent.name for page in pages}) == 2, "both runs keep their page"
    parties = next(page for page in pages if "parties/completeness" in str(page))
    assert "offset&quot;:4" in parties.read_text() or '"offset":4' in parties.read_text()
    assert not [page for page in index.parent.rglob("*.html") if "Wilhelmina" in page.read_text()]
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert "Calculating Metrics" not in capfd.readouterr().err
