"""A range lands again by a corrected contract, as one switch: a reader sees the old rows or the new, nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from chaos_proxy import Cut, Proxy
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from evolving import Evolving
from landing_bench import Bench, party
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts import Contract
from lakehouse.attach import connect
from local.ports import LOOPBACK
from sinks import Event, Step, range_reader
from sinks.dead_letter_replay import replay
from sinks.dead_letters import Selection, newest, resolve
from sinks.decoding.decoder import Decoded
from sinks.errors import RewindRefused, SchemaIncompatible, SchemaUnavailable, SinkMisconfigured
from sinks.payloads import Payloads
from sinks.records import Batch, joined
from sinks.rewind import plan_rewind, rewind
from sinks.rewind_plan import Wanted
from sinks.rewind_switch import Rewound, Switch

PROCESS = Path(__file__).with_name("rewind_process.py")
# Every fourth message names a kind of party that the contract forgot; one in a hundred is broken for good.
MESSAGES, FIRST, NEXT = 400, 50, 350
LEGAL, ROBOT, BROKEN = "legal_entity", "robot", b"no JSON"
ROBOTS = sum(1 for number in range(MESSAGES) if number % 4 == 0 and number % 100)
BROKENS = MESSAGES // 100


def message(number: int) -> bytes:
    """The topic's message at that offset."""
    if number % 100 == 0:
        return BROKEN
    return party(number, **({"party_type": ROBOT} if number % 4 == 0 else {}))


def corrected(contract: Contract) -> Contract:
    """The contract with that kind of party, and without a field it took by mistake, which goes to the rest."""
    fields = tuple(
        field.model_copy(update={"values": (*(field.values or ()), ROBOT)}) if field.name == "party_type" else field
        for field in contract.fields
    )
    return contract.model_copy(update={"fields": fields})


def within(numbers: range) -> tuple[int, int]:
    """Robots and broken messages among the offsets."""
    return sum(1 for n in numbers if n % 4 == 0 and n % 100), sum(1 for n in numbers if n % 100 == 0)


@pytest.fixture
def bench(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> Bench:
    """A topic landed by the wrong contract, by files and inlined; the bench's contract is the corrected one."""
    bench = Bench(kafka, new_topic, catalog)
    bench.send([message(number) for number in range(MESSAGES)], key=b"k")
    bench.land(batch_rows=130)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS, dead_letters=ROBOTS + BROKENS)
    bench.contract = corrected(bench.contract)
    return bench


def rewound(bench: Bench, observe: Callable[[Event], None] = lambda _: None, **changed: Any) -> Rewound:
    """Rewind the range of the bench's topic."""
    chosen = {"partition": 0, "from_offset": FIRST, "to_offset": NEXT} | changed
    config = bench.config(batch_rows=70)
    return rewind(
        config,
        bench.settings,
        Wanted(bench.topic, **chosen),
        by="O1",
        why="robots are parties",
        observe=observe,
        contracts=bench.contracts,
    )


def proves_rewound(bench: Bench) -> None:
    """Fail unless the range stands by the corrected contract, and all else as it was."""
    robots, _ = within(range(FIRST, NEXT))
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS + robots, dead_letters=ROBOTS + BROKENS - robots)
    rows = bench.query("select _offset from {table} where party_type = 'robot' order by 1")
    assert [offset for (offset,) in rows] == [n for n in range(FIRST, NEXT) if n % 4 == 0 and n % 100]


def test_the_range_stands_by_the_new_contract_and_the_old_rows_in_time_travel(bench: Bench) -> None:
    everything = "select * from {table}{} order by _offset"
    old = bench.query(everything.replace("{}", ""))
    letters = bench.query('select * from lake.ledger.dead_letters order by "offset"')
    robots, broken = within(range(FIRST, NEXT))
    planned = plan_rewind(
        bench.config(), bench.settings, Wanted(bench.topic, 0, FIRST, NEXT), contracts=bench.contracts
    )
    assert (planned.offsets, planned.rows, planned.dead_letters) == (300, 300 - robots - broken, robots + broken)

    done = rewound(bench)
    assert (done.messages, done.rows_before, done.rows_after) == (300, 300 - robots - broken, 300 - broken)
    assert (done.dead_letters_before, done.dead_letters_after, done.kept) == (robots + broken, broken, 0)
    proves_rewound(bench)
    before = f" at (version => {done.before_snapshot})"
    assert bench.query(everything.replace("{}", before)) == old
    assert bench.query(f'select * from lake.ledger.dead_letters{before} order by "offset"') == letters
    # Outside of the range nothing moved; inside the same message stands at the same place.
    after = bench.query(everything.replace("{}", ""))
    assert [row for row in after if not FIRST <= row[-5] < NEXT] == [row for row in old if not FIRST <= row[-5] < NEXT]
    # Who, why, when and what is on record.
    (entry,) = bench.query(
        """
        select rewinds.rewound_by, rewinds.reason, rewinds.rows_before, rewinds.rows_after, commits.ranges,
            commits.committed_at = rewinds.rewound_at, commits.sink_id like 'rewind:%'
        from lake.ledger.rewinds
        inner join lake.ledger.commits using (commit_id)
        """
    )
    assert entry == (
        "O1",
        "robots are parties",
        done.rows_before,
        done.rows_after,
        [{"partition": 0, "first_offset": FIRST, "next_offset": NEXT, "messages": 300}],
        True,
        True,
    )
    # Sinks go on behind it as if nothing had been.
    bench.send([message(number) for number in range(401, 404)])
    bench.land()
    assert all(each.exact for each in bench.reconcile())


def test_a_rewind_again_changes_nothing(bench: Bench) -> None:
    rewound(bench)
    content = bench.query("select * exclude (_landed_at) from {table} order by _offset")
    again = rewound(bench)
    assert (again.rows_before, again.kept) == (again.rows_after, 0)
    assert bench.query("select * exclude (_landed_at) from {table} order by _offset") == content
    proves_rewound(bench)


@pytest.mark.parametrize("step", [Step.ENCODED, Step.REGISTERED, Step.PREPARED, Step.COMMITTED], ids=str)
def test_a_rewind_that_is_killed_leaves_the_old_range_or_the_new(bench: Bench, step: Step) -> None:
    order = {
        "config": bench.config(batch_rows=70).model_dump(),
        "settings": bench.settings.model_dump(mode="json"),
        "contract": bench.contract.model_dump(),
        "first": FIRST,
        "next": NEXT,
        "step": step,
    }
    with subprocess.Popen([sys.executable, str(PROCESS), json.dumps(order)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        struck = json.loads(process.stdout.readline())
        process.kill()
    commits = bench.query("select count(*) from lake.ledger.rewinds where commit_id = ?", [struck["commit_id"]])
    if step is Step.COMMITTED:
        assert commits == [(1,)]
        proves_rewound(bench)
    else:
        assert commits == [(0,)]
        bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS, dead_letters=ROBOTS + BROKENS)
    rewound(bench)
    proves_rewound(bench)


def test_a_field_that_the_contract_gained_becomes_a_column(bench: Bench) -> None:
    bench.send([party(number, shoe_size=44) for number in range(3)])
    bench.land()
    fields = bench.contract.fields
    gained = fields[1].model_copy(update={"name": "shoe_size", "type": "integer", "required": False, "values": None})
    bench.contract = bench.contract.model_copy(update={"fields": (*fields, gained)})
    done = rewound(bench, from_offset=MESSAGES + 1, to_offset=None)
    assert (done.rows_before, done.rows_after) == (2, 2)
    sizes = bench.query("select shoe_size, _extra from {table} where _offset >= ? order by _offset", [MESSAGES])
    assert sizes == [(None, '{"shoe_size":44}'), (44, None), (44, None)]
    assert all(each.exact for each in bench.reconcile())


def test_a_field_that_only_the_messages_schema_has_becomes_a_column(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did not when they landed first; the files of one rewind differ in it, and the column's type widens midway."""
    evolving = Evolving()
    bench.send([party(number, points=number) for number in range(100)])
    bench.land()
    monkeypatch.setattr("sinks.rewind.decoder_for", lambda contract, *_: evolving.decoder(contract))

    def evolve(event: Event) -> None:
        if event.step is Step.ENCODED:
            evolving.kinds = {"points": pa.int64() if evolving.kinds else pa.int32()}

    done = rewound(bench, evolve, from_offset=300, to_offset=None)
    assert (done.messages, done.kept) == (200, 0)
    found = bench.query("select _offset - 400, points from {table} where points is not null order by 1")
    assert found == [(number, number) for number in range(100)]
    assert all(each.exact for each in bench.reconcile())

    evolving.kinds = {"points": pa.string()}
    with pytest.raises(SchemaIncompatible, match="points is BIGINT in the table and VARCHAR in the messages"):
        rewound(bench, from_offset=300, to_offset=350)
    assert bench.query("select sum(points) from {table}") == [(sum(range(100)),)]


def test_messages_that_the_contract_cannot_take_stop_the_rewind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def decode(self, *_: Payloads) -> Decoded:
            raise SchemaUnavailable(bench.topic, "the registry does not answer")

    before = bench.files()
    monkeypatch.setattr("sinks.rewind.decoder_for", lambda *_: Refusing())
    with pytest.raises(SchemaUnavailable, match="registry does not answer"):
        rewound(bench)
    assert bench.files() == before
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS, dead_letters=ROBOTS + BROKENS)


def test_the_catalogs_answer_to_the_switch_is_lost(bench: Bench) -> None:
    """Whatever DuckLake does about a commit that it takes for failed, the lake can be read and is exact."""
    words = conninfo_to_dict((bench.settings.catalog or "").removeprefix("postgres:"))
    settings = bench.settings
    with Proxy(f"{words['host']}/.s.PGSQL.{words['port']}") as proxy:
        words |= {"host": LOOPBACK, "port": str(proxy.port), "sslmode": "disable", "gssencmode": "disable"}
        bench.settings = settings.model_copy(update={"catalog": f"postgres:{make_conninfo('', **words)}"})
        steps: list[Step] = []

        def cut(event: Event) -> None:
            steps.append(event.step)
            if event.step is Step.PREPARED:
                proxy.arm(Cut.UNHEARD)

        rewound(bench, cut)
        assert proxy.cuts[Cut.UNHEARD] == 1
    bench.settings = settings
    assert Step.CONFIRMED in steps
    proves_rewound(bench)


def test_two_rewinds_at_once_are_two_one_after_the_other(bench: Bench) -> None:
    gate, steps, found = threading.Barrier(2), [], []
    lock = threading.Lock()

    def observe(event: Event) -> None:
        with lock:
            steps.append(event.step)
            first_two = steps.count(Step.PREPARED) <= 2
        if event.step is Step.PREPARED and first_two:
            gate.wait(60)  # both have everything in their transaction before either commits

    threads = [threading.Thread(target=lambda: found.append(rewound(bench, observe))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert Step.CONFLICTED in steps
    first, second = sorted(found, key=lambda each: each.rows_before)
    assert second.rows_before == first.rows_after
    proves_rewound(bench)
    assert bench.query("select count(*) from lake.ledger.offsets where held_until is not null") == [(0,)]


def test_a_sink_lands_on_beside_it(bench: Bench) -> None:
    """It commits between the rewind's snapshot and its commit, so the rewind loses, asks for quiet and wins."""
    steps: list[Step] = []
    with bench.process(Step.PREPARED, 10_000, "wait", batch_seconds=0.1) as sink:
        sink.until("assigned")

        def observe(event: Event) -> None:
            steps.append(event.step)
            if event.step is Step.REGISTERED and steps.count(Step.REGISTERED) == 1:
                bench.send([message(number) for number in range(401, 411)])
                sink.until("committed")

        done = rewound(bench, observe)
        bench.send([message(number) for number in range(501, 511)])
        _until_landed(bench, MESSAGES + 20)
        sink.finish()
    assert steps.count(Step.CONFLICTED) == 1
    assert done.rows_after > done.rows_before
    assert all(each.exact for each in bench.reconcile())
    assert bench.query("select count(*) from lake.ledger.offsets where held_until is not null") == [(0,)]


def test_a_lost_answer_is_looked_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step] = []
    recorded = Switch._recorded

    def lose_the_answer(*_: Any) -> Rewound:
        monkeypatch.setattr(Switch, "_recorded", recorded)
        raise duckdb.IOException("the connection was cut before the answer came")

    monkeypatch.setattr(Switch, "_recorded", lose_the_answer)
    rewound(bench, lambda event: steps.append(event.step))
    assert steps[-2:] == [Step.CONFIRMED, Step.COMMITTED]
    assert bench.query("select count(*) from lake.ledger.rewinds") == [(1,)]
    proves_rewound(bench)


def test_letters_that_were_settled_before(bench: Bench) -> None:
    """A replayed one is a row and is replaced; a resolved one stays with its resolution, also where it fits now."""
    assert replay(bench.settings, Selection(bench.topic, partition=0, offset=52), contracts=bench.contracts)
    assert resolve(bench.settings, Selection(bench.topic, partition=0, offset=56), by="O2", why="a test") == 1
    done = rewound(bench)
    robots, _ = within(range(FIRST, NEXT))
    assert done.kept == 1
    assert bench.query("select count(*) from {table} where _offset = 52") == [(1,)]
    assert bench.query("select count(*) from {table} where _offset = 56") == [(0,)]
    letter = newest(bench.settings, Selection(bench.topic, partition=0, offset=56))
    assert (letter.standing, letter.resolved_by) == ("resolved", "O2")
    rows = MESSAGES - ROBOTS - BROKENS + robots - 1
    bench.proves_exact(rows=rows, dead_letters=MESSAGES - rows)
    # What is named lands all the same.
    assert replay(bench.settings, Selection(bench.topic, partition=0, offset=56), contracts=bench.contracts)
    bench.proves_exact(rows=rows + 1, dead_letters=MESSAGES - rows - 1)


def test_a_letter_settled_while_the_range_is_read(bench: Bench) -> None:
    def settle(event: Event) -> None:
        if event.step is Step.ENCODED:
            resolve(bench.settings, Selection(bench.topic, partition=0, offset=56), by="O2", why="a test")

    with pytest.raises(RewindRefused, match="resolved or replayed while"):
        rewound(bench, settle)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS, dead_letters=ROBOTS + BROKENS)


def test_a_time_is_offsets_by_partition(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=3)
    for number in range(3):
        bench.send([message(n) for n in range(1, 40)], partition=number)
    bench.land()
    (times,) = bench.query("select min(_timestamp), max(_timestamp) from {table}")
    bench.contract = corrected(bench.contract)
    chosen: dict[str, Any] = {"partition": None, "from_offset": None, "to_offset": None}
    done = rewound(bench, **chosen, from_time=times[0])
    assert (done.messages, done.dead_letters_after) == (3 * 39, 0)
    bench.proves_exact(rows=3 * 39)
    with pytest.raises(RewindRefused, match="nothing that was landed lies in that time"):
        rewound(bench, **chosen, from_time=times[1].replace(year=2100))


def test_holes_stay_holes(bench: Bench) -> None:
    producer = Producer({"bootstrap.servers": bench.kafka, "transactional.id": bench.topic})
    producer.init_transactions(30)
    for commit in (True, False, True):
        producer.begin_transaction()
        for number in range(5):
            producer.produce(bench.topic, message(401 + number), key=b"k", partition=0)
        assert producer.flush(30) == 0
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    bench.land()
    (before,) = bench.reconcile()
    assert before.holes == 3 + 5
    done = rewound(bench, from_offset=NEXT, to_offset=None)
    (after,) = bench.reconcile()
    assert after.exact
    assert (after.holes, after.next_offset) == (before.holes, before.next_offset)
    assert done.messages == before.next_offset - NEXT - before.holes


def test_what_cannot_be_read_again_is_refused_by_name(bench: Bench) -> None:
    with AdminClient({"bootstrap.servers": bench.kafka}) as admin:
        for future in admin.delete_records([TopicPartition(bench.topic, 0, 80)]).values():
            future.result(30)
    with pytest.raises(RewindRefused, match=r"offsets 50 to 79 are no longer .* --from-offset 80 on"):
        rewound(bench)
    (time,) = bench.query("select min(_timestamp) from {table}")
    with pytest.raises(RewindRefused, match=r"offsets \d+ to 79 are no longer"):
        rewound(bench, partition=None, from_offset=None, to_offset=None, from_time=time[0])
    with pytest.raises(RewindRefused, match=r"400 to 409 were not landed yet.*--to-offset 400 at most"):
        rewound(bench, from_offset=100, to_offset=410)
    with pytest.raises(RewindRefused, match="name what to land again"):
        rewound(bench, from_offset=None, to_offset=None)
    with pytest.raises(RewindRefused, match="name it by --partition"):
        rewound(bench, partition=None)
    with pytest.raises(RewindRefused, match="nothing lies from 90 up to"):
        rewound(bench, from_offset=90, to_offset=90)
    with pytest.raises(SinkMisconfigured, match="--by"):
        rewind(bench.config(), bench.settings, Wanted(bench.topic, 0, 90), by=" ", why="x", contracts=bench.contracts)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKENS, dead_letters=ROBOTS + BROKENS)
    assert rewound(bench, from_offset=80).messages == NEXT - 80


def test_what_compaction_took_from_the_topic_stays_in_the_lake(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker compacts when it likes; so the reading is made to miss what compaction would have taken."""
    read = range_reader.read_ranges

    def compacted(*arguments: Any) -> Any:
        for batch in read(*arguments):
            records = batch.records[bench.topic]
            kept = np.flatnonzero(joined(records.offsets) % 10)
            yield Batch({bench.topic: records.take(kept)}, batch.ranges)

    monkeypatch.setattr("sinks.rewind.read_ranges", compacted)
    done = rewound(bench)
    assert (done.messages, done.kept) == (270, 30)
    assert all(each.exact for each in bench.reconcile())


def _until_landed(bench: Bench, offset: int) -> None:
    for _ in range(600):
        with connect(bench.settings, read_only=True) as connection:
            row = connection.execute("select min(next_offset) from lake.ledger.offsets").fetchone()
        if row is not None and row[0] >= offset:
            return
    raise AssertionError(f"the sink did not reach offset {offset}")
