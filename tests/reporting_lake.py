"""A lake that holds one reportable case, and a day of cash if the rows have one: rpt_ tables, landing, ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from reporting_case import Tables, store, tables
from reporting_day import store_day

from contracts import contract_for, load
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest, record_build

TOPIC = "bank.transactions"
Lake = tuple[duckdb.DuckDBPyConnection, Settings]


@contextmanager
def reporting_lake(catalog: tuple[str, Path], home: Path, rows: Tables) -> Iterator[Lake]:
    """A connection to the lake in ``catalog``, and settings whose outbox is in ``home``."""
    settings = Settings(home=home, catalog=catalog[0], data_path=str(catalog[1]))
    with connect(settings) as connection:
        prepare(connection, load().values())
        land(connection, rows)
        build(connection, rows)
        yield connection, settings


@pytest.fixture(scope="session")
def stored(new_catalog: Callable[[], tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake with the case of ``tables()``, for tests that change nothing in it but its newest snapshot."""
    with reporting_lake(new_catalog(), tmp_path_factory.mktemp("stored"), tables()) as lake:
        yield lake


@pytest.fixture
def lake(stored: Lake, tmp_path: Path) -> Lake:
    """``stored`` with an outbox of this test's own."""
    return stored[0], stored[1].model_copy(update={"home": tmp_path})


def build(connection: duckdb.DuckDBPyConnection, rows: Tables) -> int:
    """Make the rpt_ tables as a build that ended well; returns the snapshot at which they stand."""
    store(connection, rows)
    store_day(connection, rows)
    pin = latest(connection)
    record_build(connection, pin, datetime(2026, 3, 13))
    return pin


def land(connection: duckdb.DuckDBPyConnection, rows: Tables) -> None:
    """Land the movements as the sink would have: the rows, a commit for each partition, and the next offsets."""
    table = contract_for(TOPIC).table
    partitions: dict[int, list[int]] = {}
    for row in rows["rpt_str_transaction"] + rows.get("rpt_ctr_transaction", []):
        connection.execute(
            f"insert into lake.landing.{table} (transaction_id, account_id, settled_amount, settled_currency, "
            "_partition, _offset, _landed_at) values (?, ?, ?, ?, ?, ?, ?)",
            [
                *(row[name] for name in ("transaction_id", "account_id", "settled_amount", "settled_currency")),
                *(row["_partition"], row["_offset"], landed_at(row["_partition"])),
            ],
        )
        partitions.setdefault(row["_partition"], []).append(row["_offset"])
    for partition, offsets in sorted(partitions.items()):
        span = {"partition": partition, "first_offset": min(offsets), "next_offset": max(offsets) + 1}
        connection.execute(
            "insert into lake.ledger.commits (commit_id, topic, ranges, committed_at) values (?, ?, ?, ?)",
            [f"commit-{partition}", TOPIC, [span], landed_at(partition)],
        )
        connection.execute(
            "insert into lake.ledger.offsets (cluster_id, topic, topic_id, partition, next_offset) "
            "values (?, ?, ?, ?, ?)",
            ["c-1", TOPIC, "t-1", partition, max(offsets) + 1],
        )


def landed_at(partition: int) -> datetime:
    """When the movements of a partition landed, which is when their commit took place."""
    return datetime(2026, 3, 6, 0, 0, partition)
