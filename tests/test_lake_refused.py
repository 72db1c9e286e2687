"""A lake that is not the one meant is refused at once, by name, and nothing is written to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from landing_bench import Bench

from lakehouse.attach import connect
from lakehouse.errors import CatalogUnreachable, LakeMismatch
from lakehouse.schema import FORMAT, prepare
from lakehouse.settings import Settings
from sinks import SinkConfig, run_until_caught_up


@pytest.fixture
def settings(catalog: tuple[str, Path], tmp_path: Path) -> Settings:
    """Settings of an empty lake."""
    return Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1]))


def postgres(settings: Settings) -> psycopg.Connection:
    """The catalog's database itself."""
    assert settings.catalog is not None
    return psycopg.connect(settings.catalog.removeprefix("postgres:"), autocommit=True)


def test_many_begin_one_lake(settings: Settings) -> None:
    def begin(_: int) -> None:
        with connect(settings) as connection:
            prepare(connection, ())

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(begin, range(8)))) == 8


def test_a_lake_of_a_newer_release(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with connect(bench.settings) as connection:
        prepare(connection, ())
        connection.execute("update lake.ledger.format set format = format + 1")
    with pytest.raises(
        LakeMismatch, match=rf"format {FORMAT + 1}, and this release .* up to {FORMAT}: a newer release"
    ):
        bench.land()


def test_a_lake_of_a_release_before_there_were_numbers(settings: Settings) -> None:
    with connect(settings) as connection:
        prepare(connection, ())
        connection.execute("drop table lake.ledger.format")
        prepare(connection, ())
        assert connection.execute("from lake.ledger.format").fetchall() == [(FORMAT,)]


def test_another_version_of_the_catalogs_format(settings: Settings) -> None:
    connect(settings).close()
    with postgres(settings) as database:
        database.execute("update ducklake_metadata set value = '9.9' where key = 'version'")
    with pytest.raises(LakeMismatch, match=r"of DuckLake version 9\.9, and this release knows 1\.0"):
        connect(settings)


def test_somebody_elses_database(settings: Settings) -> None:
    with postgres(settings) as database:
        database.execute("create table customers (name text)")
    with pytest.raises(LakeMismatch, match=r"is no lake, but a database with other tables \(customers\)"):
        connect(settings)
    with postgres(settings) as database:
        tables = database.execute("select table_name from information_schema.tables where table_schema = 'public'")
        assert tables.fetchall() == [("customers",)]


def test_another_data_path(settings: Settings, tmp_path: Path) -> None:
    connect(settings).close()
    elsewhere = settings.model_copy(update={"data_path": str(tmp_path / "elsewhere")})
    with pytest.raises(LakeMismatch, match="Correct VIGIL_DATA_PATH") as refused:
        connect(elsewhere)
    assert settings.lake_data_path in str(refused.value)
    assert elsewhere.lake_data_path in str(refused.value)


def test_a_data_path_under_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeMismatch, match=re.escape(f"'{tmp_path / 'file'}' is no folder")):
        connect(settings.model_copy(update={"data_path": str(tmp_path / "file" / "lake")}))


def test_a_sink_refuses_at_once_and_does_not_wait_for_a_catalog(settings: Settings, kafka: str, tmp_path: Path) -> None:
    connect(settings).close()
    elsewhere = settings.model_copy(update={"data_path": str(tmp_path / "elsewhere"), "kafka_bootstrap_servers": kafka})
    with pytest.raises(LakeMismatch):
        run_until_caught_up(SinkConfig(topics=("bank.parties",), group="refused", service_seconds=10_000), elsewhere)


def test_a_database_that_is_not_there_is_unreachable(settings: Settings) -> None:
    assert settings.catalog is not None
    gone = settings.model_copy(update={"catalog": re.sub(r"dbname=\S+", "dbname=nowhere", settings.catalog)})
    with pytest.raises(CatalogUnreachable, match="nowhere"):
        connect(gone)
