"""A data file is missing: the error says of which table and what to do, and for marts that does it."""

from __future__ import annotations

from pathlib import Path

import marts_lake
import pytest
from marts_lake import BuiltLake, MakeLake
from typologies import bank

from cli.missing_files import with_remedy
from lakehouse.errors import BuildFailed

make_lake = marts_lake.make_lake

MODELS = ("stg_party_versions", "stg_transactions")
ROWS = "select * from lake.staging.{} order by all"


def test_a_full_refresh_makes_marts_anew_whose_files_are_gone(
    make_lake: MakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake: BuiltLake = make_lake()
    lake.land(bank().events)
    pin = lake.newest()
    lake.dbt(pin, "run", "--select", *MODELS)
    before = [lake.rows(ROWS.format(model)) for model in MODELS]
    removed = list((Path(lake.settings.lake_data_path) / "staging").rglob("*.parquet"))
    assert {path.parent.name for path in removed} >= {"stg_transactions"}
    for path in removed:
        path.unlink()
    with pytest.raises(BuildFailed) as failed:
        lake.dbt(pin, "run", "--select", *MODELS)
    assert "of staging.stg_transactions is missing" in with_remedy(str(failed.value))
    assert "vigil build --full-refresh" in with_remedy(str(failed.value))
    # What `vigil build --full-refresh` sets.
    monkeypatch.setenv("DBT_FULL_REFRESH", "true")
    lake.dbt(pin, "run", "--select", *MODELS)
    assert [lake.rows(ROWS.format(model)) for model in MODELS] == before


def test_what_was_landed_is_put_back_by_upkeep_or_a_backup() -> None:
    told = 'IO Error: Cannot open file "/data/lake/landing/bank_parties/ducklake-1.parquet": No such file or directory'
    assert "vigil upkeep" in with_remedy(told)
    assert with_remedy("IO Error: Cannot open file") == "IO Error: Cannot open file"
