"""A wrong row of a scenario's parameters stops the build before it makes anything, and the error names the row."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import marts_lake
import orchestration_home
import pytest
from marts_lake import BuiltLake, MakeLake

from lakehouse import build
from lakehouse.attach import connect
from lakehouse.errors import BuildFailed
from lakehouse.settings import Settings
from orchestration.run import run_pipeline

make_lake = marts_lake.make_lake
home = orchestration_home.home

PARAMETERS, SCENARIOS = "seeds/scenario_parameters.csv", "seeds/scenarios.csv"
ENTRIES, MODEL = "models/marts/structuring/_structuring__models.yml", "models/marts/structuring/structuring.sql"
NAMED = (
    f"{PARAMETERS}: scenario structuring, version 1, jurisdiction US, segment {{}}, parameter minimum_deposits, "
    "from {}: "
)
TABLES = """
    select schema_name || '.' || table_name from duckdb_tables()
    where database_name = 'lake' and schema_name not in ('landing', 'ledger')
"""
OVERRIDE = "structuring,1,US,student,minimum_deposits"

BAD_ROWS = {
    "overlapping": (
        "structuring,1,any,any,minimum_deposits,4,2026-01-01,,Choice",
        NAMED.format("any", "2026-01-01 on").replace("US", "any")
        + "overlaps in time with the row of the same parameter from 2000-01-01",
    ),
    "overlapping its end": (
        f"{OVERRIDE},4,2026-01-31,,Choice\n{OVERRIDE},5,2026-01-01,2026-01-31,Choice",
        NAMED.format("student", "2026-01-31 on")
        + "overlaps in time with the row of the same parameter from 2026-01-01",
    ),
    "overlapping another version": (
        f"{OVERRIDE.replace(',1,', ',2,')},4,2026-01-01,,Choice",
        NAMED.format("student", "2026-01-01 on").replace("version 1", "version 2")
        + "overlaps in time with version 1, in force from 2000-01-01",
    ),
    "unknown segment": (
        "structuring,1,US,rich,minimum_deposits,4,2000-01-01,,Choice",
        NAMED.format("rich", "2000-01-01 on") + "unknown segment",
    ),
    "unknown scenario": (
        "smurfing,1,US,any,minimum_deposits,4,2000-01-01,,Choice",
        NAMED.format("any", "2000-01-01 on").replace("structuring", "smurfing") + "unknown scenario",
    ),
    "unknown version": (
        "cycle,7,CA,any,minimum_deposits,4,2000-01-01,,Choice",
        "scenario cycle, version 7, jurisdiction CA, segment any, parameter minimum_deposits, from 2000-01-01 on: "
        "unknown version",
    ),
    "unknown jurisdiction": (
        "structuring,1,ZZ,any,minimum_deposits,4,2000-01-01,,Choice",
        NAMED.format("any", "2000-01-01 on").replace("US", "ZZ") + "unknown jurisdiction",
    ),
    "no source": (
        f"{OVERRIDE},4,2000-01-01,,",
        NAMED.format("student", "2000-01-01 on") + "has no source",
    ),
    "a source of blanks": (
        f"{OVERRIDE},4,2000-01-01,,  ",
        NAMED.format("student", "2000-01-01 on") + "has no source",
    ),
    "end before start": (
        f"{OVERRIDE},4,2026-02-01,2026-01-31,Choice",
        NAMED.format("student", "2026-02-01 to 2026-01-31") + "its last day lies before its first",
    ),
    "no number": (
        f"{OVERRIDE},four,2000-01-01,,Choice",
        NAMED.format("student", "2000-01-01 on") + "value four is no number",
    ),
    "too fine a number": (
        f"{OVERRIDE},0.12345,2000-01-01,,Choice",
        NAMED.format("student", "2000-01-01 on") + "value 0.12345 has more than 4 decimals",
    ),
    "no day": (
        f"{OVERRIDE},4,2026-02-30,,Choice",
        NAMED.format("student", "2026-02-30 on") + "effective_from 2026-02-30 is no day",
    ),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project."""
    project = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(build.PROJECT, project, ignore=shutil.ignore_patterns("logs"))
    return project


@pytest.fixture
def project(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The copy is what is built; what the test changes in it is taken back."""
    monkeypatch.setattr(build, "PROJECT", copied)
    before = {copied / name: (copied / name).read_bytes() for name in (PARAMETERS, SCENARIOS, ENTRIES, MODEL)}
    yield copied
    for file, text in before.items():
        file.write_bytes(text)


@pytest.fixture(scope="module")
def empty(make_lake: MakeLake) -> BuiltLake:
    """A lake in which nothing was built."""
    lake = make_lake()
    lake.land([])
    return lake


@pytest.fixture
def refused(empty: BuiltLake) -> Callable[[], str]:
    """What a build is refused with, having made no table."""

    def refused() -> str:
        with pytest.raises(BuildFailed) as stopped:
            empty.dbt(empty.newest(), "build", "--exclude-resource-types", "unit_test")
        assert empty.rows(TABLES) == []
        return str(stopped.value)

    return refused


def append(file: Path, rows: str) -> None:
    with file.open("a", encoding="utf-8") as handle:
        handle.write(rows + "\n")


@pytest.mark.parametrize(
    "kind", ["overlapping", "unknown segment", "unknown scenario", "no source", "end before start"]
)
def test_a_bad_row_stops_the_build_and_is_named(kind: str, project: Path, refused: Callable[[], str]) -> None:
    rows, told = BAD_ROWS[kind]
    append(project / PARAMETERS, rows)
    assert told in refused()


def test_all_bad_rows_are_named_at_once(project: Path, refused: Callable[[], str]) -> None:
    append(project / SCENARIOS, "tumbling,1,Tumbling,Coins in small parts,")
    for rows, _ in BAD_ROWS.values():
        append(project / PARAMETERS, rows)
    said = refused()
    assert f"{SCENARIOS}: scenario tumbling, version 1: has no source" in said
    assert f"{SCENARIOS}: scenario tumbling, version 1: has no parameters" in said
    assert [kind for kind, (_, told) in BAD_ROWS.items() if told not in said] == []


def test_a_scenario_that_declares_other_columns_stops_the_build(project: Path, refused: Callable[[], str]) -> None:
    text = (project / ENTRIES).read_text(encoding="utf-8")
    for column, changed in (
        ("{name: segment, data_type: varchar", "{name: customer_segment, data_type: varchar"),
        ("{name: transaction_count, data_type: bigint", "{name: transaction_count, data_type: integer"),
    ):
        text = text.replace(column, changed, 1)
    (project / ENTRIES).write_text(text, encoding="utf-8")
    told = refused()
    assert f"{ENTRIES}: scenario structuring: column segment is missing" in told
    assert f"{ENTRIES}: scenario structuring: column customer_segment is none that all scenarios have" in told
    assert f"{ENTRIES}: scenario structuring: column transaction_count is integer, not bigint" in told


def test_a_scenario_that_returns_other_columns_stops_the_build_before_the_alerts(
    project: Path, make_lake: MakeLake
) -> None:
    text = (project / MODEL).read_text(encoding="utf-8")
    changed = text.replace("select * from final", "select * exclude (segment) from final")
    (project / MODEL).write_text(changed, encoding="utf-8")
    lake = make_lake()
    lake.land([])
    with pytest.raises(BuildFailed, match=r"(?s)model structuring .*\| segment ") as stopped:
        lake.dbt(lake.newest(), "build", "--select", "+structuring+", "--exclude-resource-types", "test", "unit_test")
    assert "enforced contract" in str(stopped.value)
    assert ("aml.alert_log",) not in lake.rows(TABLES)


# dagster-dbt itself asks for the name that Dagster deprecates.
@pytest.mark.filterwarnings("ignore:AssetExecutionContext.op is deprecated:DeprecationWarning")
def test_the_nightly_build_stops_on_a_bad_row(home: Settings, project: Path) -> None:
    append(project / PARAMETERS, BAD_ROWS["unknown segment"][0])
    result = run_pipeline(home, "build")
    assert not result.success
    assert BAD_ROWS["unknown segment"][1] in result.errors["marts"]
    assert "rpt" not in result.seconds
    with connect(home, read_only=True) as connection:
        assert connection.execute(TABLES).fetchall() == []
