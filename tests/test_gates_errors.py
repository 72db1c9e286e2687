"""A gate that could not be asked is an error that says what to correct, never a quiet pass or fail."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import load
from expectations import load_gate, run_gate
from expectations.errors import (
    ExpectationNotRun,
    GateUnknown,
    ParameterMissing,
    SliceTooLarge,
    SliceUnreadable,
    SuiteInvalid,
)
from expectations.suite import SUITES
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings

AT = datetime(2026, 3, 1, tzinfo=UTC)
SUITE = """
description: A suite of this test.
tables: [ledger.commits]
slices:
  - name: commits
    grain: One row a number.
    keys: [number]
    sql: {sql}
    expectations:
      - {{expect: {expect}, {arguments}, because: It is wrong.}}
"""


@pytest.fixture(scope="module")
def lake(new_catalog, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, int]:  # type: ignore[no-untyped-def]
    catalog, data_path = new_catalog()
    settings = Settings(home=tmp_path_factory.mktemp("home"), catalog=catalog, data_path=str(data_path))
    with connect(settings) as connection:
        prepare(connection, load().values())
        row = connection.execute("select max(snapshot_id) from lake.snapshots()").fetchone()
    assert row is not None
    return settings, row[0]


def ask(
    lake: tuple[Settings, int],
    folder: Path,
    sql: str = "select 1 as number",
    expect: str = "expect_column_values_to_not_be_null",
    arguments: str = "column: number",
) -> None:
    (folder / "trial").mkdir()
    (folder / "trial" / "numbers.yml").write_text(SUITE.format(sql=sql, expect=expect, arguments=arguments))
    run_gate(lake[0], "trial", pin=lake[1], at=AT, folder=folder)


def test_an_expectation_that_could_not_run_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(ExpectationNotRun, match=r'trial\.numbers\.commits could not run.*"amount".*does not exist'):
        ask(lake, tmp_path, arguments="column: amount")


def test_a_query_the_lake_refuses_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(SliceUnreadable, match=r"'commits' of suite trial\.numbers cannot be read.*no_such_table"):
        ask(lake, tmp_path, sql="select 1 as number from lake.landing.no_such_table")


def test_a_slice_without_its_keys_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(SliceUnreadable, match="has the keys number, which its query does not return"):
        ask(lake, tmp_path, sql="select 1 as other")


def test_a_slice_that_does_not_aggregate_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(SliceTooLarge, match="more than 10000 rows"):
        ask(lake, tmp_path, sql="select range as number from range(10001)")


def test_an_unknown_expectation_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(SuiteInvalid, match="expect_wonders"):
        ask(lake, tmp_path, expect="expect_wonders")


def test_a_parameter_nobody_gave_raises(lake: tuple[Settings, int], tmp_path: Path) -> None:
    with pytest.raises(ParameterMissing, match=r"trial\.numbers needs limit"):
        ask(
            lake,
            tmp_path,
            expect="expect_column_values_to_be_between",
            arguments="column: number, max_value: $limit",
        )


def test_a_suite_file_with_an_unknown_key_raises(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "numbers.yml").write_text("descripton: A typing error.\n")
    with pytest.raises(SuiteInvalid, match=r"numbers\.yml.*descripton"):
        load_gate("trial", tmp_path)


def test_an_unknown_gate_raises() -> None:
    with pytest.raises(GateUnknown, match=r"'lading' has no suites; known gates: .*landing"):
        load_gate("lading")


def test_every_suite_is_valid_and_every_landing_table_is_guarded() -> None:
    gates = {folder.name: load_gate(folder.name) for folder in SUITES.iterdir()}
    assert {"landing", "marts", "filings"} <= gates.keys()
    guarded = {table for suite in gates["landing"] for table in suite.tables}
    assert guarded == {f"landing.{contract.table}" for contract in load().values()}
