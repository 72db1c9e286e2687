"""Upkeep keeps files and snapshots few while sinks land, and changes nothing that anybody can ask for."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from landing_bench import Bench, party

from contracts import contract_for
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.upkeep import Upkeep, keep_up, pinned
from sinks import Event, SinkConfig, Step, reconcile, run_until_caught_up
from sinks.accumulation import IDLE_SECONDS, Accumulation
from sinks.clock import utc_now
from sinks.records import Partition

ROUNDS = 4
AT_ONCE: dict[str, Any] = {"keep": timedelta(0), "readers": timedelta(0), "enough": 2}


def tidy(bench: Bench, **changed: Any) -> Upkeep | None:
    """One round that expires and removes whatever it may, seen from some time later."""
    with connect(bench.settings) as connection:
        return keep_up(connection, "test", utc_now() + timedelta(hours=1), **AT_ONCE | changed)


def test_a_trickle_leaves_few_files_and_snapshots(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    benches = [Bench(kafka, new_topic, catalog) for _ in range(2)]
    contracts = {topic: contract for bench in benches for topic, contract in bench.contracts.items()}
    config = SinkConfig(topics=tuple(contracts), group=benches[0].topic, inline_rows=20)
    counted = []
    for number in range(ROUNDS):
        for bench, count in zip(benches, (5, 40), strict=True):
            bench.send(party(number * 100 + each) for each in range(count))
        run_until_caught_up(config, benches[0].settings, contracts=contracts)
        assert tidy(benches[0]) is not None
        snapshots = benches[0].query("select count(*) from lake.snapshots()")[0][0]
        counted.append((snapshots, len(list(catalog[1].rglob("*.parquet")))))
    assert counted[-1][0] <= counted[1][0] + 2, counted
    assert counted[-1][1] <= counted[1][1] + 2, counted
    for bench, count in zip(benches, (5, 40), strict=True):
        bench.proves_exact(rows=count * ROUNDS)
        assert bench.query("select count(distinct _offset), max(_offset) from {table}") == [
            (count * ROUNDS, count * ROUNDS - 1)
        ]
    assert all(each.exact for each in reconcile(benches[0].settings, contracts, contracts=contracts))


def test_pins_stay_and_models_read_on_exactly(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    pins = []
    for number in range(8):
        # Some inlined, some in files.
        bench.send(party(number * 100 + each) for each in range(5 if number % 2 else 60))
        bench.land(batch_rows=30, inline_rows=10)
        pins.append(bench.query("select max(snapshot_id) from lake.snapshots()")[0][0])
    built, watermark = pins[1], pins[4]
    with connect(bench.settings) as connection:
        connection.execute(
            "insert into lake.ledger.watermarks values ('build', ?, now()), ('model', ?, now()), ('model', ?, now())",
            [built, pins[2], watermark],
        )

    def since() -> list[tuple[Any, ...]]:
        (newest,) = bench.query("select max(snapshot_id) from lake.snapshots()")[0]
        return bench.query(
            f"""
            select _partition, _offset, party_id
            from ducklake_table_insertions('lake', 'landing', '{bench.contract.table}', {watermark + 1}, {newest})
            order by all
            """
        )

    at_pin = f"select count(*), sum(_offset) from {{table}} at (version => {built})"
    before = since(), bench.query(at_pin)
    assert len(before[0]) == 5 + 60 + 5
    done = tidy(bench)
    assert done is not None
    assert done.expired_snapshots
    assert done.removed_files
    assert (since(), bench.query(at_pin)) == before
    kept = {row[0] for row in bench.query("select snapshot_id from lake.snapshots()")}
    assert {built, watermark, watermark + 1} <= kept
    assert not {pins[0], pins[2], pins[3]} & kept
    bench.proves_exact(rows=4 * 65)


def test_a_filing_s_snapshot_stays_as_long_as_the_law_says(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    pins = []
    for number in range(6):
        bench.send([party(number)])
        bench.land(inline_rows=0)
        pins.append(bench.query("select max(snapshot_id) from lake.snapshots()")[0][0])
    old, before, kept, longer, unsaid, built = pins
    with connect(bench.settings) as connection:
        prepare(connection, [contract_for("compliance.filings")])
        connection.executemany(
            "insert into lake.landing.compliance_filings (status, filing_ref, case_id, pin, retain_until) "
            "values ('generated', ?, ?, ?, ?)",
            # F2 continues F0, and is made from its pin, too.
            [["F0", "c0", before, date(2029, 5, 1)], ["F1", "c1", old, date(2029, 5, 1)],
             ["F2", "c0", kept, date(2030, 5, 1)], ["F3", "c3", longer, date(2029, 5, 1)],
             ["F3", "c3", longer, date(2031, 1, 1)], ["F4", "c4", unsaid, None]],
        )  # fmt: skip
        connection.execute(
            "insert into lake.ledger.watermarks values ('build', ?, '2029-01-01'), ('build', ?, '2029-02-01')",
            [old, built],
        )
        at = pinned(connection, datetime(2029, 2, 1))
        assert {old, before, kept, longer, unsaid, built} <= at
        assert {before, kept, longer, unsaid, built} == pinned(connection, datetime(2030, 5, 1)) & set(pins)
        assert {longer, unsaid, built} == pinned(connection, datetime(2030, 5, 2)) & set(pins)
    done = keep_up_at(bench, datetime(2030, 5, 2))
    assert done is not None
    left = {row[0] for row in bench.query("select snapshot_id from lake.snapshots()")}
    assert {longer, unsaid, built} == left & set(pins)
    assert bench.query(f"select count(*) from {{table}} at (version => {longer})") == [(4,)]


def keep_up_at(bench: Bench, now: datetime) -> Upkeep | None:
    """One round at that time."""
    with connect(bench.settings) as connection:
        return keep_up(connection, "test", now, **AT_ONCE)


def test_sinks_land_on_while_the_lake_is_tidied(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(600))
    rounds: list[Upkeep | None] = []

    def tidy_within_commits(event: Event) -> None:
        # The transaction is open: upkeep commits before it does.
        if event.step is Step.PREPARED and len(rounds) < 4:
            worker = threading.Thread(target=lambda: rounds.append(tidy(bench)))
            worker.start()
            worker.join()

    result = bench.land(observe=tidy_within_commits, batch_rows=60, decoders=1)
    assert len(rounds) == 4
    assert any(rounds)
    assert (result.total.rows, result.fenced) == (600, 0)
    bench.proves_exact(rows=600)


def test_one_process_at_a_time(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.land()  # makes the ledger
    now = datetime(2030, 1, 1)
    with connect(bench.settings) as connection:
        assert keep_up(connection, "one", now, **AT_ONCE) is not None
        assert keep_up(connection, "two", now, every=timedelta(minutes=5), **AT_ONCE) is None, "not due yet"
        assert keep_up(connection, "two", now + timedelta(minutes=5), every=timedelta(minutes=5), **AT_ONCE) is not None
        connection.execute(
            "update lake.ledger.upkeep set holder = 'dead', held_until = ?", [now + timedelta(minutes=15)]
        )
        assert keep_up(connection, "two", now + timedelta(minutes=14), **AT_ONCE) is None, "another is at it"
        assert keep_up(connection, "two", now + timedelta(minutes=15), **AT_ONCE) is not None, "it is no more"


def test_a_batch_is_cut_sooner_while_no_other_is_under_way() -> None:
    accumulation = Accumulation(SinkConfig(topics=("t",), batch_seconds=10.0))
    partition = Partition("t", 0)
    accumulation.hold({partition: 0})
    assert not accumulation.due(100.0, idle=True), "nothing has come"
    accumulation.advance({partition: 5}, now=100.0)
    assert not accumulation.due(100.0 + IDLE_SECONDS / 2, idle=True)
    assert accumulation.due(100.0 + IDLE_SECONDS, idle=True)
    assert not accumulation.due(100.0 + IDLE_SECONDS, idle=False)
    assert accumulation.due(110.0, idle=False)
    accumulation.cut()
    assert not accumulation.due(120.0, idle=True)
