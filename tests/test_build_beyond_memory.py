"""A build that needs more memory than it may have goes on with files."""

from __future__ import annotations

import marts_lake
import pytest
from detection_bank import FIRST_DAY, Bank
from marts_lake import MakeLake

from contracts import load
from lakehouse import build
from lakehouse.attach import connect
from lakehouse.schema import prepare

make_lake = marts_lake.make_lake


def test_models_behind_one_that_spilled_are_built(make_lake: MakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, bank = make_lake(), Bank(2_000)
    with connect(lake.settings) as connection:
        prepare(connection, load().values())
        bank.open(connection)
        movements = bank.move(connection, 0, 400_000, FIRST_DAY, 30)
    monkeypatch.setenv("VIGIL_MEMORY_LIMIT", "220MB")
    lake.settings.home.mkdir()
    files, spilled = lake.settings.home / "duckdb", list[bool]()
    build.dbt(
        lake.settings,
        lake.newest(),
        lake.target,
        *("build", "--select", "+int_movements", "--exclude-resource-types", "test", "unit_test"),
        on_event=lambda _: spilled.append(files.is_dir()),
    )
    assert any(spilled)
    assert lake.rows("select count(*) from lake.intermediate.int_movements") == [(movements,)]
