"""The catalog goes away during a commit: whether it went through is found out, never guessed."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import psycopg
import pytest
from chaos_proxy import Cut, Proxy
from faults import restart_postgres_at_once
from landing_bench import Bench, party
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lakehouse.attach import connect
from lakehouse.settings import Settings
from local.ports import LOOPBACK
from local.postgres import Postgres
from local.services import Services
from sinks import Event, Step, run_until_caught_up
from sinks.lake_session import LakeSession

MESSAGES = 300


@pytest.mark.parametrize(
    "error",
    [
        duckdb.Error("Failed to prepare COPY: terminated"),
        duckdb.BinderException("Binder Error: Failed to prepare query: server closed the connection unexpectedly"),
        duckdb.InvalidInputException("Attempting to fetch from an unsuccessful query result"),
    ],
)
def test_a_catalog_that_dies_in_an_answer_is_waited_out(catalog: tuple[str, Path], error: duckdb.Error) -> None:
    session = LakeSession(Settings(home=catalog[1].parent, catalog=catalog[0], data_path=str(catalog[1])), seconds=30)

    def work(_connection: duckdb.DuckDBPyConnection, attempt: int) -> int:
        if attempt == 0:
            raise error
        return attempt

    def faulty(connection: duckdb.DuckDBPyConnection, _attempt: int) -> None:
        connection.execute("select no_such_column")

    assert session.insist(work) == 1
    with pytest.raises(duckdb.BinderException):
        session.insist(faulty)
    session.close()


def test_postgres_restarted_during_a_commit(
    services: Services, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(services.bootstrap_servers, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    pids: list[int] = []

    def restart(event: Event) -> None:
        if event.step is Step.PREPARED and not pids:
            pids.append(_pid(services))
            restart_postgres_at_once(services.home)
            pids.append(_pid(services))

    result = bench.land(observe=restart, batch_rows=100, decoders=1)

    before, after = pids
    assert before != after, "PostgreSQL is another process now"
    assert result.repeated >= 1
    bench.proves_exact(rows=MESSAGES)


def test_commit_that_went_through_although_its_answer_was_lost(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    steps: list[tuple[Step, str]] = []
    first = SimpleNamespace(commit_id="")

    def lose_the_answer(event: Event) -> None:
        steps.append((event.step, event.commit_id))
        if event.step is Step.PREPARED and not first.commit_id:
            first.commit_id = event.commit_id
            # The very same commit reaches the catalog, and the sink's connection breaks before it hears of it.
            _commit_again(bench, event)
            _cut_off(bench.settings.catalog or "")

    result = bench.land(observe=lose_the_answer, batch_rows=100, decoders=1)

    assert (Step.CONFIRMED, first.commit_id) in steps
    assert (Step.REPEATED, first.commit_id) not in steps
    assert result.total.rows == MESSAGES
    bench.proves_exact(rows=MESSAGES)


def test_many_dead_letters_outlive_a_lost_answer(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(b"no JSON" for _ in range(MESSAGES))
    words = conninfo_to_dict(catalog[0].removeprefix("postgres:"))
    with Proxy(f"{words['host']}/.s.PGSQL.{words['port']}") as proxy:
        words |= {"host": LOOPBACK, "port": str(proxy.port), "sslmode": "disable", "gssencmode": "disable"}
        through = bench.settings.model_copy(update={"catalog": f"postgres:{make_conninfo('', **words)}"})

        def cut(event: Event) -> None:
            if event.step is Step.PREPARED:
                proxy.arm(Cut.UNHEARD)

        run_until_caught_up(bench.config(), through, observe=cut, contracts=bench.contracts)
        assert proxy.cuts[Cut.UNHEARD] == 1

    # DuckLake takes the commit for failed and would have removed a file that it had written for them.
    bench.proves_exact(rows=0, dead_letters=MESSAGES)


def _pid(services: Services) -> int:
    process = Postgres(services.home).process()
    assert process is not None
    return process.pid


def _commit_again(bench: Bench, event: Event) -> None:
    """Commit what the sink is about to commit: the first 100 offsets of the partition, with the sink's file and id."""
    (file,) = event.files
    with connect(bench.settings) as lake:
        landed_at = _one(lake, "select max(_landed_at) from read_parquet(?)", [file])
        lake.execute("begin")
        lake.execute("call ducklake_add_data_files('lake', ?, ?, schema => 'landing')", [bench.contract.table, file])
        lake.execute("update lake.ledger.offsets set next_offset = 100 where next_offset = 0")
        lake.execute(
            "insert into lake.ledger.commits select ?, 'sink', cluster_id, topic, topic_id, "
            "[{'partition': 0, 'first_offset': 0, 'next_offset': 100, 'messages': 100}], 100, 0, 0, ?, ? "
            "from lake.ledger.offsets",
            [event.commit_id, Path(file).name, landed_at],
        )
        lake.execute("commit")


def _cut_off(catalog: str) -> None:
    with psycopg.connect(catalog.removeprefix("postgres:"), autocommit=True) as server:
        row = server.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
        assert row is not None
        assert row[0] >= 1, "there was a connection to cut"


def _one(lake: duckdb.DuckDBPyConnection, sql: str, parameters: list[str]) -> object:
    row = lake.execute(sql, parameters).fetchone()
    assert row is not None
    return row[0]
