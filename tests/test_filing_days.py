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
from orchestration.defs.filings.due import outdated
from reports import batch, find, generate, list_filings, preview, read, trace
from reports.errors import DayNotReportable, FilingExists, IncidentError, ReportError, RulesBroken
from reports.figures import figures

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


def test_it_is_the_same_however_few_reports_are_in_memory(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection, settings = lake
    made = generate(connection, settings, DAY, CTR)
    monkeypatch.setattr(batch, "REPORTS_AT_ONCE", 1)
    monkeypatch.setattr(read, "ROWS_AT_ONCE", 1)
    again = generate(connection, settings.model_copy(update={"home": tmp_path / "few"}), DAY, CTR, pin=made.pin)
    assert again.sha256 == made.sha256
    assert again.manifest == made.manifest
    assert generate(connection, settings, DAY, CTR) == made


def test_a_file_that_was_altered_is_an_incident_and_stays_as_it_is(lake: Lake) -> None:
    connection, settings = lake
    made = generate(connection, settings, DAY, CTR)
    made.path.write_bytes(made.path.read_bytes().replace(b"14501", b"14500"))
    with pytest.raises(IncidentError, match=made.path.name):
        generate(connection, settings, DAY, CTR)
    assert b"14501" not in made.path.read_bytes()
    assert sorted(path.name for path in settings.home.iterdir()) == ["outbox"]


def test_everything_that_is_wrong_with_a_day_is_told_at_once_and_nothing_is_written(
    catalog: tuple[str, Path], tmp_path: Path
) -> None:
    rows = {**tables(), **day_tables()}
    rows["rpt_ctr_person"][0].update(last_name="张", birth_date=date(2026, 3, 5))
    rows["rpt_ctr_person"][3].update(tax_id="1")
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        with pytest.raises(RulesBroken) as refused:
            generate(connection, settings, DAY, CTR)
        assert {violation.rule for violation in refused.value.violations} == {"FC-604", "FC-503", "FC-616"}
        assert preview(connection, DAY, CTR) == list(refused.value.violations)
        assert not (settings.home / "outbox").exists()


def test_each_value_of_the_file_leads_to_the_movements_of_its_report(lake: Lake) -> None:
    connection, settings = lake
    made = generate(connection, settings, DAY, CTR)
    found = figures(connection, made)
    amounts = {figure.value: figure for figure in found if figure.path.endswith("DetailTransactionAmountText")}
    assert {event.offset for event in amounts["10501"].events} == {5004, 5005}
    names = [figure for figure in found if figure.path.endswith("RawEntityIndividualLastName")]
    assert [figure.value for figure in names][:2] == ["Whitfield", "Alvarez"]
    assert {figure.column for figure in names} == {"surname"}
    assert {figure.value for figure in found} >= {"50002", "PBSA8180"}


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


def test_a_day_whose_cash_landed_late_is_told_of(catalog: tuple[str, Path], tmp_path: Path) -> None:
    rows = {**tables(), **day_tables()}
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        made = generate(connection, settings, DAY, CTR)
        assert outdated(connection, [made], made.pin) == {}
        rows["rpt_ctr_transaction"][0]["base_amount"] += 1000
        rows["rpt_ctr_transaction"][1]["base_amount"] -= 1000
        pin = build(connection, rows)
        same = {made.filing_ref: "2 reports, 39500.5000 in, 10500.2500 out"}
        assert outdated(connection, [made], pin) == same, "although the sums are equal"
        assert generate(connection, settings, DAY, CTR) == made, "what was filed stays as it is"
        rows["rpt_ctr"].clear()
        rows["rpt_ctr_transaction"].clear()
        assert outdated(connection, [made], build(connection, rows))[made.filing_ref].startswith("0 reports")
