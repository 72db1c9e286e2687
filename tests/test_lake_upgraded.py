"""A lake that an older version made gets the columns it lacks, and keeps all it holds."""

from collections.abc import Callable
from pathlib import Path

from landing_bench import Bench, party

from contracts import contract_for
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest
from sinks.dead_letters import Selection, groups, resolve

# As the first release made it.
FORMER = """
    create table lake.ledger.dead_letters (
        commit_id varchar, cluster_id varchar, topic varchar, topic_id varchar, partition integer, "offset" bigint,
        timestamp timestamp, key blob, value blob, headers varchar, reason varchar, detail varchar, landed_at timestamp
    )
"""
OFFSETS = """
    create table lake.ledger.offsets (
        cluster_id varchar, topic varchar, topic_id varchar, partition integer, next_offset bigint, updated_at timestamp
    )
"""
LETTERS = """
    insert into lake.ledger.dead_letters
    select 'c' || batch, 'cluster', 'bank.former', 'id', batch, i, null, 'k'::blob, '\\x00\\xFF'::blob, null,
        'malformed', 'not JSON', timestamp '2026-01-31 12:00:00' + to_seconds(i)
    from range(?) as letters(i)
    cross join (select ?::integer as batch)
"""
# A few are kept in the catalog, many in a file.
FEW, MANY = 3, 300


def test_the_ledger_of_an_older_lake(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with connect(bench.settings) as connection:
        connection.execute("create schema lake.ledger")
        connection.execute(FORMER)
        connection.execute(OFFSETS)
        connection.execute("insert into lake.ledger.offsets values ('cluster', 'bank.former', 'id', 0, 7, null)")
        for batch, letters in enumerate((FEW, MANY)):
            connection.execute(LETTERS, [letters, batch])
        before = connection.execute("select * from lake.ledger.dead_letters order by all").fetchall()
        prepare(connection, ())
        upgraded = latest(connection)
        prepare(connection, ())
        assert latest(connection) == upgraded, "what is complete is left alone"

    bench.send([party(1), b"no JSON"])
    bench.land()
    bench.proves_exact(rows=1, dead_letters=1)
    kept = bench.query("from lake.ledger.dead_letters where topic = 'bank.former' order by all")
    assert [row[: len(before[0])] for row in kept] == before
    assert {row[len(before[0]) :] for row in kept} == {(None,) * 5}
    offsets = bench.query("select topic, next_offset, held_until from lake.ledger.offsets order by next_offset")
    assert offsets == [(bench.topic, 2, None), ("bank.former", 7, None)]
    assert resolve(bench.settings, Selection("bank.former", partition=0, offset=1), by="O1", why="a test") == 1
    assert resolve(bench.settings, Selection("bank.former", partition=1, offset=7), by="O1", why="a test") == 1
    (group,) = groups(bench.settings, Selection("bank.former"))
    assert (group.letters, group.open, group.resolved) == (FEW + MANY, FEW + MANY - 2, 2)
    assert bench.query('select count(distinct (partition, "offset")) from lake.ledger.dead_letters') == [(FEW + MANY,)]


def test_the_landing_table_of_a_contract_that_gained_a_field(catalog: tuple[str, Path]) -> None:
    settings = Settings(catalog=catalog[0], data_path=str(catalog[1]))
    contract = contract_for("compliance.decisions")
    with connect(settings) as connection:
        prepare(connection, [contract])
        table = f"lake.landing.{contract.table}"
        connection.execute(f"alter table {table} drop column suppress_until")
        connection.execute(f"insert into {table} (decision_id, _offset) values ('D1', 0)")
        prepare(connection, [contract])
        upgraded = latest(connection)
        prepare(connection, [contract])
        assert latest(connection) == upgraded, "what is complete is left alone"
        assert connection.execute(f"select decision_id, suppress_until from {table}").fetchall() == [("D1", None)]
