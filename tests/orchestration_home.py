"""A home for tests of the graph: a lake of its own, and the broker's topics as landed as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

import contracts
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from local.topics import ensure_topics
from orchestration.broker import positions
from orchestration.environment import environment
from orchestration.instance import open_instance


def new_home(kafka: str, catalog: tuple[str, Path], home: Path) -> Settings:
    """Settings of an empty lake whose ledger says that everything on the topics has landed."""
    settings = Settings(home=home, catalog=catalog[0], data_path=str(catalog[1]), kafka_bootstrap_servers=kafka)
    ensure_topics(kafka, dict.fromkeys(contracts.load(), 1))
    with connect(settings) as connection:
        prepare(connection, contracts.load().values())
        catch_up(connection, settings)
    return settings


def catch_up(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Put the ledger where the topics end."""
    connection.execute("delete from lake.ledger.offsets")
    connection.executemany(
        "insert into lake.ledger.offsets (topic, partition, next_offset) values (?, ?, ?)",
        [[each["topic"], each["partition"], each["end_offset"]] for each in positions(settings, contracts.load())],
    )


@pytest.fixture
def home(kafka: str, catalog: tuple[str, Path], tmp_path: Path) -> Iterator[Settings]:
    """An empty lake and its environment."""
    settings = new_home(kafka, catalog, tmp_path / "home")
    with environment(settings):
        yield settings


@pytest.fixture
def instance(home: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance of ``home``."""
    with open_instance(home) as opened:
        yield opened
