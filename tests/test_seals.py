"""What has landed is sealed: upkeep, replays and rewinds leave seals whole; an altered row is named by its range."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from landing_bench import Bench, party

from lakehouse.attach import connect
from lakehouse.upkeep import keep_up
from sinks import seals
from sinks.canonical import digest, text
from sinks.clock import utc_now
from sinks.dead_letter_replay import replay
from sinks.dead_letters import Selection
from sinks.rewind import rewind
from sinks.rewind_plan import Wanted
from sinks.seal_verification import verify_seals

AT = datetime(2026, 2, 1)
BROKEN = b"no JSON"


@pytest.fixture
def bench(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: Any) -> Bench:
    """A topic of two partitions, 300 rows in files and inlined and 3 dead letters; a seal takes 100 offsets."""
    monkeypatch.setattr(seals, "OFFSETS", 100)
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    for partition in range(2):
        bench.send([party(number) for number in range(140)], partition)
    bench.send([BROKEN] * 3)
    bench.land(batch_rows=130, inline_rows=10)
    bench.send([party(number) for number in range(140, 160)])
    bench.land(inline_rows=50)
    return bench


def seal(bench: Bench) -> list[str]:
    """Seal what is due; returns the ranges."""
    with connect(bench.settings) as connection:
        return [str(each.stretch).split("/")[1] for each in seals.seal(connection, AT, bench.contracts)]


def faults(bench: Bench) -> list[str]:
    """The ranges of broken seals, each with what is wrong."""
    with connect(bench.settings, read_only=True) as connection:
        found = verify_seals(connection, bench.contracts).broken
        return [f"{each.range.split('/')[-1]}: {each.fault}" for each in found]


def change(bench: Bench, *statements: str) -> None:
    """Change the lake behind the back of everybody."""
    with connect(bench.settings) as connection:
        for statement in statements:
            connection.execute(statement.replace("{table}", f"lake.landing.{bench.contract.table}"))


def test_what_is_done_with_is_sealed_once(bench: Bench) -> None:
    assert seal(bench) == ["0@0-99", "0@100-162", "1@0-99", "1@100-139"]
    assert seal(bench) == []
    bench.send([party(number) for number in range(160, 170)])
    bench.land()
    assert seal(bench) == ["0@163-172"]
    assert faults(bench) == []
    with connect(bench.settings) as connection:
        made = seals.seals(connection)
        assert [each.number for each in made] == [1, 2, 3, 4, 5]
        assert [(each.content.rows, each.content.dead_letters) for each in made[:2]] == [(100, 0), (60, 3)]
        head = (made[-1].number, made[-1].chain)
        found = verify_seals(connection, bench.contracts, heads=[head, (4, "another"), (6, "cut off")])
        assert [each.number for each in found.broken] == [4, 6]


def test_upkeep_leaves_seals_whole(bench: Bench) -> None:
    seal(bench)
    with connect(bench.settings) as connection:
        done = keep_up(
            connection, "test", utc_now() + timedelta(hours=1), keep=timedelta(0), readers=timedelta(0), enough=2
        )
    assert done is not None
    assert done.flushed_rows
    assert done.merged_files
    assert done.removed_files
    assert faults(bench) == []


def test_one_row_altered_in_a_file_is_named_by_its_range(bench: Bench, catalog: tuple[str, Path]) -> None:
    seal(bench)
    altered = 0
    for file in sorted(catalog[1].rglob("*.parquet")):
        table = pq.read_table(file)
        if not {"_partition", "_offset", "name"} <= set(table.column_names):
            continue
        chosen = pc.and_(pc.equal(table["_partition"], 1), pc.equal(table["_offset"], 120))
        names = pc.if_else(chosen, "Nobody", table["name"])
        altered += pc.sum(chosen).as_py()
        if pc.sum(chosen).as_py():
            place = table.schema.get_field_index("name")
            pq.write_table(table.set_column(place, table.schema.field(place), names), file)
            # Whoever can write the file can write the catalog, which knows its size.
            with psycopg.connect(catalog[0].removeprefix("postgres:"), autocommit=True) as metadata:
                metadata.execute(
                    "update ducklake_data_file set file_size_bytes = %s, footer_size = %s where path like %s",
                    [file.stat().st_size, _footer(file), f"%{file.name}"],
                )
    assert altered == 1
    assert bench.query("select name from {table} where _partition = 1 and _offset = 120") == [("Nobody",)]
    assert faults(bench) == ["1@100-139: its rows or dead letters are not those that were sealed"]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("delete from {table} where _partition = 0 and _offset = 150", "0@100-162: it has 59 rows, and had 60"),
        (
            "insert into {table} by name select * replace ('P-forged' as party_id) from {table} "
            "where _partition = 0 and _offset = 99",
            "0@0-99: it has 101 rows, and had 100",
        ),
        (
            "update {table} set expected_monthly_turnover = 1250.0001 where _partition = 1 and _offset = 0",
            "1@0-99: its rows or dead letters are not those that were sealed",
        ),
        (
            "update lake.ledger.dead_letters set value = 'other'::blob where \"offset\" = 141",
            "0@100-162: its rows or dead letters are not those that were sealed",
        ),
        (
            'delete from lake.ledger.dead_letters where "offset" = 141',
            "0@100-162: it has 2 dead letters, and had 3",
        ),
        (
            "insert into {table} by name select * replace (141 as _offset) from {table} "
            "where _partition = 0 and _offset = 99",
            "0@100-162: it has 61 rows, and had 60",
        ),
    ],
)
def test_each_kind_of_alteration_is_named(bench: Bench, statement: str, fault: str) -> None:
    seal(bench)
    change(bench, statement)
    assert faults(bench)[0] == fault


FORGED = "insert into {table} by name select * replace ('P-forged' as party_id, {}) from {table} where "


@pytest.mark.parametrize(
    ("statements", "ranges"),
    [
        (  # a generation that never was, and a row of its moment
            [
                "insert into lake.ledger.commits by name select * replace (timestamp '2030-01-01' as committed_at, "
                "'t-none' as topic_id, [] as ranges) from lake.ledger.commits limit 1",
                FORGED.replace("{}", "timestamp '2030-01-01' as _landed_at") + "_partition = 0 and _offset = 7",
            ],
            ["0@0-99", "0@7-7"],
        ),
        (  # a row without a moment
            [FORGED.replace("{}", "null as _landed_at") + "_partition = 0 and _offset = 7"],
            ["0@0-99", "0@7-7"],
        ),
        (  # rows of offsets and partitions that never were
            [
                FORGED.replace("{}", "900 as _offset") + "_partition = 0 and _offset = 7",
                FORGED.replace("{}", "9 as _partition") + "_partition = 0 and _offset = 7",
            ],
            ["0@900-900", "9@7-7"],
        ),
        (  # a letter that is said to be a row
            [
                "update lake.ledger.dead_letters set replay_commit_id = 'none'",
                FORGED.replace("{}", "141 as _offset") + "_partition = 0 and _offset = 7",
            ],
            ["0@100-162", "0@141-141"],
        ),
        (  # a rewind that nobody made
            [
                "update {table} set name = 'Nobody' where _partition = 0 and _offset = 7",
                "insert into lake.ledger.rewinds by name select commit_id || 'x' as commit_id, cluster_id, topic, "
                "topic_id, ranges, (select max(snapshot_id) - 1 from lake.snapshots()) as before_snapshot "
                "from lake.ledger.commits",
            ],
            ["0@0-99"],
        ),
        (  # less than the former type could tell
            [
                "alter table {table} alter column expected_monthly_turnover type decimal(28, 8)",
                "update {table} set expected_monthly_turnover = 1250.00004 where _partition = 0 and _offset = 7",
            ],
            ["0@0-99"],
        ),
        (["alter table {table} drop column name"], ["0@0-99", "0@100-162", "1@0-99", "1@100-139"]),
        (  # a type that is no type
            ["update lake.ledger.seals set columns = replace(columns, 'BIGINT', 'BIGINT); select 1; --')"],
            ["0@0-99", "0@100-162", "1@0-99", "1@100-139"],
        ),
    ],
)
def test_what_hides_an_alteration_is_found(bench: Bench, statements: list[str], ranges: list[str]) -> None:
    seal(bench)
    change(bench, *statements)
    assert [fault.partition(":")[0] for fault in faults(bench)] == ranges


@pytest.mark.parametrize(
    "statement",
    [
        "update lake.ledger.commits set commit_id = 'other'",
        "update lake.ledger.commits set ranges = ranges[:1]",
        "update lake.ledger.rewinds set rewound_by = 'O2'",
        "delete from lake.ledger.rewinds",
    ],
)
def test_a_ledger_that_was_altered_is_named(bench: Bench, statement: str) -> None:
    rewind(
        bench.config(),
        bench.settings,
        Wanted(bench.topic, partition=0, from_offset=90, to_offset=99),
        by="O1",
        why="for the test",
        contracts=bench.contracts,
    )
    seal(bench)
    assert faults(bench) == []
    change(bench, statement)
    told = "the ledger tells other commits or rewinds of it than were sealed"
    assert any(fault.endswith(told) for fault in faults(bench))


def test_a_rewind_that_names_the_first_landing_s_commit_is_none(bench: Bench) -> None:
    seal(bench)
    change(
        bench,
        "update {table} set name = 'Nobody' where _partition = 0 and _offset = 7",
        "insert into lake.ledger.rewinds by name select commit_id, cluster_id, topic, topic_id, ranges, "
        "(select max(snapshot_id) - 1 from lake.snapshots()) as before_snapshot from lake.ledger.commits",
    )
    assert [fault.partition(":")[0] for fault in faults(bench)] == ["0@0-99"]


def test_a_letter_of_the_commit_that_set_it_aside_was_not_replayed(bench: Bench) -> None:
    seal(bench)
    change(
        bench,
        "update lake.ledger.dead_letters set replay_commit_id = commit_id",
        "insert into {table} by name select * replace (141 as _offset, (select max(c.committed_at) from "
        "lake.ledger.commits c join lake.ledger.dead_letters l using (commit_id)) as _landed_at) from {table} "
        "where _partition = 0 and _offset = 7",
    )
    assert faults(bench)[0] == "0@100-162: it has 61 rows, and had 60"


def test_a_seal_of_a_former_release_holds(bench: Bench) -> None:
    seal(bench)
    with connect(bench.settings) as connection:
        connection.execute("update lake.ledger.seals set ledger = null")
        before = ""
        for each in seals.seals(connection):
            before = seals.chained(before, each.number, each.stretch, each.content, each.snapshot, each.sealed_at)
            connection.execute("update lake.ledger.seals set chain = ? where number = ?", [before, each.number])
    assert faults(bench) == []


def test_the_canonical_text_of_each_type_stays_what_it_was() -> None:
    """A release of DuckDB that told a value otherwise would break every seal there is."""
    values = {
        "BIGINT": "-9007199254740993",
        "BLOB": "'\\x00\\xFFa'::blob",
        "BOOLEAN": "true",
        "DATE": "date '0044-03-15'",
        "DECIMAL(18,4)": "1250.5",
        "DOUBLE": "1e21",
        "FLOAT": "0.1",
        "INTEGER[]": "[1, null, 3]",
        'STRUCT("type" VARCHAR, number VARCHAR)[]': "[{'type': 'it''s', 'number': null}]",
        "TIMESTAMP": "timestamp '2026-02-03 04:05:06.789'",
        "VARCHAR": "'Łukasz 😀'",
    }
    told = {kind: f"c{place:02}" for place, kind in enumerate(values)}
    columns = ", ".join(f"cast({value} as {kind}) as {told[kind]}" for kind, value in values.items())
    statement = f"select {text({name: kind for kind, name in told.items()})} as canonical from (select {columns})"
    with duckdb.connect() as connection:
        assert connection.execute(statement).fetchone() == (
            "c00=17:-9007199254740993c01=9:\\x00\\xFFac02=4:truec03=10:0044-03-15"
            "c04=9:1250.5000c05=5:1e+21c06=3:0.1c07=12:[1, NULL, 3]"
            "c08=35:[{'type': 'it\\'s', 'number': NULL}]c09=23:2026-02-03 04:05:06.789c10=12:Łukasz 😀",
        )
        assert digest(connection, statement, {}) == (
            1,
            "50708cd13a594bfada0b1661e4dd19916399af213c8bb351cd6f6e3acaa82f1c",
        )


def test_a_trickle_is_sealed_once_a_day(bench: Bench) -> None:
    assert len(seal(bench)) == 4
    bench.send([party(number) for number in range(160, 170)])
    bench.land()
    with connect(bench.settings) as connection:
        hours, rest = timedelta(hours=1), timedelta(hours=20)
        assert seals.seal(connection, AT + 19 * hours, bench.contracts, rest=rest) == []
        (made,) = seals.seal(connection, AT + 20 * hours, bench.contracts, rest=rest)
    assert made.content.rows == 10


def test_a_topic_that_lost_its_contract_keeps_its_seals(bench: Bench) -> None:
    seal(bench)
    with connect(bench.settings, read_only=True) as connection:
        ours = seals.table_of("bank.parties.0a", {})
        assert ours == "bank_parties_0a"
        assert seals.table_of(bench.topic, bench.contracts) == bench.contract.table
        assert verify_seals(connection, bench.contracts).broken == []


def test_a_seal_made_anew_breaks_the_chain(bench: Bench) -> None:
    seal(bench)
    with connect(bench.settings) as connection:
        head = seals.seals(connection)[-1]
    change(bench, "update {table} set name = 'Nobody' where _partition = 0 and _offset = 5")
    with connect(bench.settings) as connection:
        first = seals.seals(connection)[0]
        forged = seals.read(connection, first.stretch, _newest(connection), bench.contract.table)
        link = seals.chained("", 1, first.stretch, forged, first.snapshot, first.sealed_at)
        connection.execute("update lake.ledger.seals set digest = ?, chain = ? where number = 1", [forged.digest, link])
    assert faults(bench) == ["0@100-162: it does not follow from the seal before it"]
    # Who takes all seals away and seals again ends at another head than the one a manifest tells.
    change(bench, "delete from lake.ledger.seals")
    seal(bench)
    assert faults(bench) == []
    with connect(bench.settings) as connection:
        (cut,) = verify_seals(connection, bench.contracts, heads=[(head.number, head.chain)]).broken
        assert "cut off or made anew" in cut.fault


def test_columns_that_come_or_grow_leave_seals_whole(bench: Bench) -> None:
    seal(bench)
    change(bench, "alter table {table} add column nickname varchar", "alter table {table} add column visits tinyint")
    change(bench, "update {table} set visits = 7 where _partition = 1 and _offset = 7")
    assert faults(bench) == ["1@0-99: its rows or dead letters are not those that were sealed"]
    change(bench, "update {table} set visits = null")
    assert faults(bench) == []
    change(bench, "alter table {table} alter column _partition type bigint")
    assert faults(bench) == []


def test_what_a_dead_letter_becomes_leaves_its_seal_whole_and_is_sealed_next(bench: Bench) -> None:
    bench.send([party(500, party_type="robot")])
    bench.land()
    seal(bench)
    values = bench.contract.fields[1].values or ()
    fields = [
        field.model_copy(update={"values": (*values, "robot")}) if field.name == "party_type" else field
        for field in bench.contract.fields
    ]
    bench.contract = bench.contract.model_copy(update={"fields": tuple(fields)})
    replay(bench.settings, Selection(), contracts=bench.contracts)
    assert bench.query("select count(*) from {table} where party_type = 'robot'") == [(1,)]
    assert faults(bench) == []
    (again,) = seal(bench)
    assert seal(bench) == []
    assert faults(bench) == []
    change(bench, "update {table} set name = 'Nobody' where party_type = 'robot'")
    assert faults(bench) == [f"{again}: its rows or dead letters are not those that were sealed"]


def test_what_was_landed_again_is_sealed_again(bench: Bench) -> None:
    seal(bench)
    rewind(
        bench.config(),
        bench.settings,
        Wanted(bench.topic, partition=0, from_offset=90, to_offset=110),
        by="O1",
        why="for the test",
        contracts=bench.contracts,
    )
    assert faults(bench) == [], "the former rows are compared with what they were"
    with connect(bench.settings, read_only=True) as connection:
        rewound = verify_seals(connection, bench.contracts).rewound
    assert [line.partition("/")[2] for line in rewound] == ["0@0-99: O1: for the test", "0@100-162: O1: for the test"]
    assert seal(bench) == ["0@0-99", "0@100-162"]
    assert seal(bench) == []
    assert faults(bench) == []
    change(bench, "update {table} set name = 'Nobody' where _partition = 0 and _offset = 95")
    assert faults(bench) == ["0@0-99: its rows or dead letters are not those that were sealed"]


def test_a_topic_made_again_is_sealed_beside_the_former_one(bench: Bench) -> None:
    seal(bench)
    moment = "timestamp '2030-01-01'"
    change(
        bench,
        "insert into {table} by name select * replace (" + moment + " as _landed_at) from {table} "
        "where _partition = 1 and _offset < 10",
        "insert into lake.ledger.commits by name select * replace ("
        f"{moment} as committed_at, 't-new' as topic_id, "
        "[{'partition': 1, 'first_offset': 0, 'next_offset': 10, 'messages': 10}] as ranges) "
        "from lake.ledger.commits limit 1",
    )
    assert faults(bench) == []
    assert seal(bench) == ["1@0-9"]
    assert faults(bench) == []


def test_two_who_seal_at_once_make_one_chain(bench: Bench) -> None:
    barrier, made = threading.Barrier(2), []

    def work() -> None:
        barrier.wait()
        made.extend(seal(bench))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.extend(seal(bench))
    assert sorted(made) == ["0@0-99", "0@100-162", "1@0-99", "1@100-139"]
    assert faults(bench) == []


def _newest(connection: duckdb.DuckDBPyConnection) -> int:
    ((newest,),) = connection.execute("select max(snapshot_id) from lake.snapshots()").fetchall()
    return int(newest)


def _footer(file: Path) -> int:
    return int.from_bytes(file.read_bytes()[-8:-4], "little")
