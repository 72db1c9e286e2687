"""A landing table gets the columns and the wider types that messages bring along, while sinks go on landing in it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import marts_lake
import pyarrow as pa
import pytest
from evolving import Evolving
from hypothesis import given
from hypothesis import strategies as st
from landing_bench import Bench, party
from marts_lake import BuiltLake, MakeLake
from typologies import bank

from lakehouse.attach import connect
from lakehouse.growth import can_be_column, grow, wider
from lakehouse.schema import landing_columns
from sinks import Event, Step
from sinks.errors import SchemaIncompatible

make_lake = marts_lake.make_lake

NewTopic = Callable[..., str]
Catalog = tuple[str, Path]
STAGED = ("stg_party_versions", "stg_transactions")


@pytest.fixture
def evolving(monkeypatch: pytest.MonkeyPatch) -> Evolving:
    found = Evolving()
    monkeypatch.setattr("sinks.landed_topics.decoder_for", lambda contract, *_: found.decoder(contract))
    return found


@pytest.mark.parametrize("inline_rows", [0, 1_000], ids=["files", "inlined"])
def test_columns_are_added_and_widened(
    kafka: str, new_topic: NewTopic, catalog: Catalog, evolving: Evolving, inline_rows: int
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    grown: list[str | None] = []

    def observe(event: Event) -> None:
        if event.step is Step.GROWN:
            grown.append(event.detail)

    def land(first: int, **fields: Any) -> None:
        bench.send(party(number, **fields) for number in range(first, first + 100))
        assert bench.land(observe=observe, inline_rows=inline_rows).total.rows == 100

    odd = 'select "it"; --'
    land(0)
    evolving.kinds = {"points": pa.int32(), odd: pa.string(), "share": pa.decimal128(6, 2)}
    land(100, points=7, share="1.25", **{odd: "x"})
    evolving.kinds |= {"points": pa.int64(), "share": pa.decimal128(12, 4)}
    land(200, points=2**40, share="1.2345")
    # Messages of the older schema, and of one without the fields, still come.
    evolving.kinds = {"points": pa.int32(), "share": pa.decimal128(6, 2)}
    land(300, points=8, share="2.50")
    evolving.kinds = {}
    land(400)

    assert grown == [
        f"points INTEGER added; {odd} VARCHAR added; share DECIMAL(6,2) added",
        "points widened from INTEGER to BIGINT; share widened from DECIMAL(6,2) to DECIMAL(12,4)",
    ]
    expected = [
        (0, None, None, None),
        (100, 7, "x", Decimal("1.2500")),
        (200, 2**40, None, Decimal("1.2345")),
        (300, 8, None, Decimal("2.5000")),
        (400, None, None, None),
    ]
    quoted = odd.replace('"', '""')
    values = f'select min(_offset), any_value(points), any_value("{quoted}"), any_value(share) from {{table}}'
    assert bench.query(f"{values} group by _offset // 100 order by 1") == expected
    bench.proves_exact(rows=500)
    # The contract's fields keep their place, as do the sink's columns; what came later stands behind.
    columns = [row[0] for row in bench.query("describe {table}")]
    assert columns == [*landing_columns(bench.contract), "points", odd, "share"]
    # Upkeep merges files of before and after, and nothing is lost by it.
    bench.query("call ducklake_flush_inlined_data('lake')")
    bench.query("call ducklake_merge_adjacent_files('lake')")
    assert bench.query(f"{values} group by _offset // 100 order by 1") == expected
    assert bench.query("select count(*) from {table} where points > 7") == [(200,)]
    # What incremental models read, over the change of columns.
    ((newest,),) = bench.query("select max(snapshot_id) from lake.snapshots()")
    since = f"ducklake_table_insertions('lake', 'landing', '{bench.contract.table}', 0, {newest})"
    assert bench.query(f"select count(*), count(points) from {since}") == [(500, 300)]


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"points": pa.string()}, "points is INTEGER in the table and VARCHAR in the messages"),
        ({"Points": pa.int32()}, "Points and points differ only in case"),
        ({"xmin": pa.int32()}, "xmin cannot be the name of a column"),
    ],
)
def test_what_a_table_cannot_take_stops_the_topic(
    kafka: str, new_topic: NewTopic, catalog: Catalog, evolving: Evolving, kinds: dict[str, Any], message: str
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    evolving.kinds = {"points": pa.int32()}
    bench.send([party(0, points=1)])
    bench.land()
    evolving.kinds = {"fine": pa.string(), **kinds}
    bench.send([party(1)])
    with pytest.raises(SchemaIncompatible, match=message):
        bench.land()
    assert "fine" not in [row[0] for row in bench.query("describe {table}")], "it grows as a whole or not at all"
    assert not bench.files() or bench.query("select count(*) from {table}") == [(1,)]
    evolving.kinds = {"points": pa.int32()}
    bench.land()
    bench.proves_exact(rows=2)


def test_another_sink_grows_the_table_during_a_commit(
    kafka: str, new_topic: NewTopic, catalog: Catalog, evolving: Evolving
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number, points=number) for number in range(1_000))
    steps: list[Step] = []

    def observe(event: Event) -> None:
        steps.append(event.step)
        if event.step is Step.REGISTERED and steps.count(event.step) == 1:
            with connect(bench.settings) as connection:
                grow(connection, bench.contract.table, {"points": "INTEGER", "of_the_other": "VARCHAR"}, {})

    # This sink's rows know nothing of the columns that the other added.
    assert bench.land(observe=observe, inline_rows=0).total.rows == 1_000
    assert Step.REPEATED in steps
    # And here both bring the same column, of which the other's is narrower.
    steps.clear()
    evolving.kinds = {"points": pa.int64()}
    bench.send(party(number, points=2**40) for number in range(1_000))
    assert bench.land(observe=observe).total.rows == 1_000
    bench.proves_exact(rows=2_000)
    assert bench.query("select count(points), count(of_the_other) from {table}") == [(1_000, 0)]


def test_builds_go_on_after_a_table_has_grown(make_lake: MakeLake) -> None:
    lake: BuiltLake = make_lake()
    events = bank().events
    lake.land(events[::2])
    lake.dbt(lake.newest(), "run", "--select", *STAGED)
    before = lake.newest()
    with connect(lake.settings) as connection:
        grow(connection, "bank_transactions", {"loyalty_points": "INTEGER"}, {})
        grow(connection, "bank_parties", {"score": "BIGINT"}, {})
    lake.land(events[1::2])
    lake.dbt(lake.newest(), "run", "--select", *STAGED)
    landed = lake.rows("select count(*) from lake.landing.bank_parties")
    assert lake.rows("select count(*) from lake.staging.stg_party_versions") == landed
    # A build of the moment before the change still reads what stood there.
    lake.dbt(before, "run", "--select", *STAGED, "--full-refresh")
    assert lake.rows("select count(*) from lake.staging.stg_party_versions") < landed


KINDS = st.one_of(
    st.sampled_from(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"]),
    st.sampled_from(["FLOAT", "DOUBLE", "VARCHAR", "DATE"]),
    st.integers(1, 38).flatmap(lambda digits: st.integers(0, digits).map(lambda scale: f"DECIMAL({digits},{scale})")),
)


@given(KINDS, KINDS)
def test_a_wider_type_holds_both(one: str, other: str) -> None:
    found = wider(one, other)
    assert found == wider(other, one)
    assert wider(one, one) == one
    if found is not None:
        assert wider(found, one) == wider(found, other) == found


def test_what_can_be_no_column() -> None:
    assert all(map(can_be_column, ["points", "Größe", "a b", 'a"b', "select", "x" * 63]))
    assert not any(map(can_be_column, ["", "_offset", "XMIN", "row_id", "end_snapshot", "x" * 64, "ü" * 32]))
