"""A day of cash is filed once it is over, without an approval, dated by the build it was read from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from reporting_case import CASE, tables
from reporting_day import DAY, day_tables
from reporting_lake import TOPIC, Lake, build, reporting_lake

from lakehouse.errors import NotBuilt
from lakehouse.snapshots import latest, record_build
from reports import find, generate, list_filings, preview, trace
from reports.errors import DayNotReportable, FilingExists, ReportError

CTR = "fincen-ctr"


@pytest.fixture(scope="module")
def stored(new_catalog: Callable[[], tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake with a case, and a day of cash."""
    with reporting_lake(new_catalog(), tmp_path_factory.mktemp("day"), {**tables(), **day_tables()}) as lake:
        yield lake


@pytest.fixture
def lake(stored: Lake, tmp_path: Path) -> Lake:
    """``stored`` with an outbox of this test's own."""
    return stored[0], stored[1].model_copy(update={"home": tmp_path})


def test_a_day_becomes_one_filing_that_leads_to_its_events(lake: Lake) -> None:
    connection, settings = lake
    made = generate(connection, settings, DAY, CTR)
    assert (made.case_id, made.business_day, made.about) == (None, DAY, DAY)
    assert made.filing_ref.startswith("CTR-20260304-")
    assert made.pdf_path is None
    assert {path.name for path in made.path.parent.iterdir()} == {made.path.name, "manifest.json"}
    assert generate(connection, settings, DAY, CTR) == made == find(settings.home, made.filing_ref)
    told = json.loads(made.manifest_path.read_text())
    assert (told["business_day"], told["reports"], told["cash_in"]) == ("2026-03-04", 2, "39500.5000")
    origins = trace(connection, made)
    assert {origin.topic for origin in origins} == {TOPIC}
    assert [origin.transaction_id for origin in origins] == [f"D-000{number}" for number in range(1, 6)]


def test_the_date_of_the_filing_is_the_local_day_on_which_the_build_was_found_whole(
    catalog: tuple[str, Path], tmp_path: Path
) -> None:
    rows = {**tables(), **day_tables()}
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        # Midnight of 13 March in UTC is still the evening of the 12th in New York.
        assert b"FilingDateText>20260312<" in generate(connection, settings, DAY, CTR).path.read_bytes()
        build(connection, rows)
        record_build(connection, latest(connection), datetime(2026, 3, 20, 15))
        later = generate(connection, settings, DAY, CTR, filing_ref="later", pin=latest(connection) - 1)
        assert b"FilingDateText>20260320<" in later.path.read_bytes()


def test_a_day_that_is_not_over_or_has_nothing_to_report_is_refused_by_name(
    catalog: tuple[str, Path], tmp_path: Path
) -> None:
    rows = {**tables(), **day_tables()}
    rows["rpt_ctr_day"][0]["is_complete"] = False
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        with pytest.raises(DayNotReportable, match=r"2026-03-04 is not over .* newest movement .* 2026-03-06 12:00"):
            generate(connection, settings, DAY, CTR)
        with pytest.raises(DayNotReportable, match="2026-03-05 has no cash to report"):
            preview(connection, date(2026, 3, 5), CTR)
        assert list_filings(settings.home) == []


def test_a_snapshot_at_which_no_build_ended_gives_a_filing_no_date(lake: Lake) -> None:
    connection, settings = lake
    with pytest.raises(NotBuilt, match="no build ended at snapshot"):
        generate(connection, settings, DAY, CTR, pin=latest(connection))


def test_a_profile_files_cases_or_days(lake: Lake) -> None:
    connection, settings = lake
    with pytest.raises(ReportError, match="fincen-ctr files a business day, not a case"):
        generate(connection, settings, CASE, CTR)
    with pytest.raises(ReportError, match="fincen-sar files a case, not a business day"):
        preview(connection, DAY, "fincen-sar")


def test_a_reference_is_used_for_one_day(lake: Lake) -> None:
    connection, settings = lake
    generate(connection, settings, DAY, CTR, filing_ref="one")
    with pytest.raises(FilingExists, match=f"day {DAY}"):
        generate(connection, settings, date(2026, 3, 5), CTR, filing_ref="one")
