"""A filing is a function of profile, reference and pin: the same three give the same bytes, anywhere, any time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import reporting_lake as lakes
from reporting_case import CASE, tables
from reporting_lake import Lake, build, reporting_lake

from lakehouse import snapshots
from lakehouse.errors import NotBuilt
from reports import generate, list_filings, profiles
from reports.errors import FilingExists, IncidentError

stored, lake = lakes.stored, lakes.lake

_ELSEWHERE = """
import sys
from pathlib import Path
from lakehouse.attach import connect
from lakehouse.settings import Settings
from reports import generate
catalog, data_path, home, case, profile, pin = sys.argv[1:]
settings = Settings(home=Path(home), catalog=catalog, data_path=data_path)
with connect(settings) as connection:
    generate(connection, settings, case, profile, pin=int(pin))
"""


def contents(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in (home / "outbox").rglob("*") if path.is_file()}


@pytest.mark.parametrize("profile", profiles("case"))
def test_another_process_zone_locale_and_later_snapshot_give_the_same_bytes(
    lake: Lake, tmp_path: Path, profile: str
) -> None:
    connection, settings = lake
    pin = snapshots.latest(connection)
    here = generate(connection, settings, CASE, profile, pin=pin)
    connection.execute("insert into lake.ledger.watermarks values ('later', 1, null)")
    assert snapshots.latest(connection) > pin

    elsewhere = tmp_path / "elsewhere"
    assert settings.catalog is not None
    subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, settings.catalog, settings.lake_data_path, str(elsewhere), CASE, profile,
         str(pin)],
        env={**os.environ, "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "LC_ALL": "C"},
        check=True,
    )  # fmt: skip

    first, second = contents(settings.home), contents(elsewhere)
    names = (f"{here.filing_ref}.xml", f"{here.filing_ref}.pdf", "manifest.json")
    assert set(first) == {f"outbox/{here.filing_ref}/{name}" for name in names}
    assert first == second


def test_asked_again_it_gives_the_filing_there_is(lake: Lake) -> None:
    connection, settings = lake
    first = generate(connection, settings, CASE, "fincen-sar")
    before = contents(settings.home)
    stamps = {path: path.stat().st_mtime_ns for path in first.path.parent.iterdir()}
    # New data arrives; the filing keeps its pin.
    connection.execute("insert into lake.ledger.watermarks values ('later', 2, null)")
    assert generate(connection, settings, CASE, "fincen-sar") == first
    assert contents(settings.home) == before
    assert {path: path.stat().st_mtime_ns for path in first.path.parent.iterdir()} == stamps
    assert list_filings(settings.home) == [first]


def test_a_site_that_gets_the_schema_later_keeps_its_filing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection, settings = lake
    schemas = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
    # A folder without schemas: were it not named, those beside the data sets would be found.
    monkeypatch.setenv("VIGIL_SHARED", str(tmp_path))
    without = generate(connection, settings, CASE, "fincen-sar")
    assert without.validity == "not checked: no schema on this site"
    if not schemas.is_dir():
        pytest.skip("../shared not present")
    assert generate(connection, settings.model_copy(update={"schemas": schemas}), CASE, "fincen-sar") == without


@pytest.mark.parametrize("suffix", [".xml", ".pdf", ".json"])
def test_a_file_that_was_altered_is_an_incident_and_stays_as_it_is(lake: Lake, suffix: str) -> None:
    connection, settings = lake
    filing = generate(connection, settings, CASE, "goaml-5.0.1-str")
    altered = next(path for path in filing.path.parent.iterdir() if path.suffix == suffix)
    content = altered.read_bytes()
    altered.write_bytes(content.replace(b"Tom Hale", b"Tim Hale") if suffix != ".pdf" else content + b"\n")
    found = altered.read_bytes()
    assert found != content
    with pytest.raises(IncidentError, match=altered.name):
        generate(connection, settings, CASE, "goaml-5.0.1-str")
    assert altered.read_bytes() == found


def test_a_reference_is_used_once(lake: Lake) -> None:
    connection, settings = lake
    pin = snapshots.latest(connection)
    generate(connection, settings, CASE, "goaml-5.0.1-str", filing_ref="2026-001", pin=pin)
    with pytest.raises(FilingExists, match="another reference"):
        generate(connection, settings, CASE, "fincen-sar", filing_ref="2026-001", pin=pin)
    connection.execute("insert into lake.ledger.watermarks values ('later', 3, null)")
    with pytest.raises(FilingExists, match=f"pin {pin}"):
        generate(connection, settings, CASE, "goaml-5.0.1-str", filing_ref="2026-001", pin=pin + 1)


def test_the_pin_is_read_not_what_came_later(catalog: tuple[str, Path], tmp_path: Path) -> None:
    rows = tables()
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        pin = snapshots.latest(connection)
        rows["rpt_str_party"][0]["last_name"] = "Changed"
        newer = build(connection, rows)
        # The next build replaces its tables one by one; what it has made so far is not filed from.
        connection.execute("update lake.rpt.rpt_str_party set last_name = 'Half made' where is_subject")
        old = generate(connection, settings, CASE, "fincen-sar", filing_ref="old", pin=pin)
        new = generate(connection, settings, CASE, "fincen-sar", filing_ref="new")
        assert b"Whitfield<" in old.path.read_bytes()
        assert b"Changed<" in new.path.read_bytes()
        assert json.loads(new.manifest_path.read_text())["pin"] == newer


def test_without_a_finished_build_there_is_nothing_to_file_from(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with reporting_lake(catalog, tmp_path, tables()) as (connection, settings):
        connection.execute("delete from lake.ledger.watermarks where model = 'build'")
        with pytest.raises(NotBuilt, match="vigil build"):
            generate(connection, settings, CASE, "fincen-sar")
        assert list_filings(settings.home) == []
