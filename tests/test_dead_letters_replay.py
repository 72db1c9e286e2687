"""Dead letters land once the contract was corrected: each once, whoever replays them and however often."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from confluent_kafka import Producer
from evolving import Evolving
from landing_bench import Bench, party

from contracts import Contract, contract_for
from sinks import Event, Step, dead_letter_replay
from sinks.dead_letter_replay import Replayed, replay
from sinks.dead_letters import Selection, groups, newest, resolve
from sinks.errors import LetterLanded, LetterUnknown, SchemaIncompatible, SinkMisconfigured

PROCESS = Path(__file__).with_name("replay_process.py")
# Every fourth message names a kind of party that the contract forgot; one in a hundred is broken for good.
MESSAGES, ROBOTS, BROKEN = 1_000, 240, 10


def message(number: int) -> bytes:
    """The topic's message at that offset."""
    if number % 100 == 0:
        return b"no JSON"
    return party(number, **({"party_type": "robot"} if number % 4 == 0 else {}))


def corrected(contract: Contract) -> Contract:
    """The contract with that kind of party."""
    fields = tuple(
        field.model_copy(update={"values": (*(field.values or ()), "robot")}) if field.name == "party_type" else field
        for field in contract.fields
    )
    return contract.model_copy(update={"fields": fields})


@pytest.fixture
def bench(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> Bench:
    """A topic landed by the wrong contract; the bench's contract is the corrected one."""
    bench = Bench(kafka, new_topic, catalog)
    bench.send([message(number) for number in range(MESSAGES)], key=b"k")
    bench.land(batch_rows=300)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKEN, dead_letters=ROBOTS + BROKEN)
    bench.contract = corrected(bench.contract)
    return bench


def replayed(bench: Bench, observe: Callable[[Event], None] = lambda _: None, **chosen: Any) -> list[Replayed]:
    """Replay letters of the topic."""
    return replay(bench.settings, Selection(bench.topic, **chosen), observe=observe, contracts=bench.contracts)


def landed(found: list[Replayed]) -> int:
    """How many of them landed."""
    return sum(each.letters for each in found if each.reason is None)


def test_what_fits_the_corrected_contract_lands_where_it_was(bench: Bench) -> None:
    found = replayed(bench)
    assert {(each.was, each.reason, each.letters) for each in found} == {
        ("not_allowed", None, ROBOTS),
        ("malformed", "malformed", BROKEN),
    }
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)
    assert sum(each.holes + each.gaps for each in bench.reconcile()) == 0

    rows = bench.query("select _offset, party_id, _key, _timestamp from {table} where party_type = 'robot'")
    assert {(row[0], row[1], row[2]) for row in rows} == {
        (number, f"P{number}", "k") for number in range(MESSAGES) if number % 4 == 0 and number % 100
    }
    # Where it came from, byte for byte, and which commit landed it, stay on record.
    kept = bench.query(
        """
        select letters."offset", letters.value, rows._timestamp = letters.timestamp,
            rows._landed_at = commits.committed_at, commits.committed_at = letters.replayed_at
        from lake.ledger.dead_letters as letters
        inner join lake.ledger.commits as commits on letters.replay_commit_id = commits.commit_id
        inner join {table} as rows on letters."offset" = rows._offset
        """
    )
    assert {(row[0], row[1]) for row in kept} == {(row[0], message(row[0])) for row in rows}
    assert {row[2:] for row in kept} == {(True, True, True)}
    assert [(each.reason, each.open, each.replayed) for each in groups(bench.settings, Selection(bench.topic))] == [
        ("malformed", BROKEN, 0),
        ("not_allowed", 0, ROBOTS),
    ]
    # The sinks go on behind it as if nothing had been.
    bench.send([message(number) for number in range(101, 104)])
    bench.land()
    bench.proves_exact(rows=MESSAGES - BROKEN + 3, dead_letters=BROKEN)


def test_the_headers_come_along(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    producer_headers = [("trace", b"t1"), ("raw", b"\xff")]
    _send_with_headers(bench, party(1, party_type="robot"), producer_headers)
    bench.land()
    headers = newest(bench.settings, Selection(bench.topic)).headers
    bench.contract = corrected(bench.contract)
    assert landed(replayed(bench)) == 1
    assert bench.query("select _headers from {table}") == [(headers,)]
    assert json.loads(headers or "") == {"trace": "t1", "raw": {"base64": "/w=="}}


def test_replaying_again_lands_nothing(bench: Bench) -> None:
    assert landed(replayed(bench)) == ROBOTS
    commits = bench.query("select count(*) from lake.ledger.commits")
    assert [(each.was, each.reason, each.letters) for each in replayed(bench)] == [("malformed", "malformed", BROKEN)]
    assert replayed(bench, partition=0, offset=4) == []
    assert bench.query("select count(*) from lake.ledger.commits") == commits
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)


def test_two_replays_at_once_land_each_letter_once(bench: Bench) -> None:
    gate, steps, found = threading.Barrier(2), [], []
    lock = threading.Lock()

    def observe(event: Event) -> None:
        with lock:
            steps.append(event.step)
            first_two = steps.count(Step.PREPARED) <= 2
        if event.step is Step.PREPARED and first_two:
            gate.wait(60)  # both have rows and marks in their transaction before either commits

    threads = [threading.Thread(target=lambda: found.append(landed(replayed(bench, observe)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, ROBOTS]
    assert steps.count(Step.PREPARED) == 2
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)


@pytest.mark.parametrize(
    ("step", "landed_before"), [(Step.REGISTERED, 0), (Step.PREPARED, 0), (Step.COMMITTED, ROBOTS)], ids=str
)
def test_a_replay_that_is_killed_lands_all_or_nothing(bench: Bench, step: Step, landed_before: int) -> None:
    order = {
        "settings": bench.settings.model_dump(mode="json"),
        "contract": bench.contract.model_dump(),
        "step": step,
    }
    with subprocess.Popen([sys.executable, str(PROCESS), json.dumps(order)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        struck = json.loads(process.stdout.readline())
        process.kill()
    commits = bench.query("select rows from lake.ledger.commits where commit_id = ?", [struck["commit_id"]])
    assert commits == ([(landed_before,)] if landed_before else [])
    fixed = MESSAGES - ROBOTS - BROKEN + landed_before
    bench.proves_exact(rows=fixed, dead_letters=MESSAGES - fixed)

    assert landed(replayed(bench)) == ROBOTS - landed_before
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)


def test_a_lost_answer_is_looked_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Step] = []
    transact = dead_letter_replay._Part._transact

    def lose_the_answer(*arguments: Any) -> None:
        transact(*arguments)
        raise duckdb.IOException("the connection was cut before the answer came")

    monkeypatch.setattr(dead_letter_replay._Part, "_transact", lose_the_answer)
    assert landed(replayed(bench, lambda event: steps.append(event.step))) == ROBOTS
    # What is left fits no contract and needs no transaction.
    assert steps == [Step.REGISTERED, Step.PREPARED, Step.CONFIRMED, Step.COMMITTED]
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)


def test_a_letter_settled_meanwhile_is_left_alone(bench: Bench) -> None:
    steps: list[Step] = []

    def resolve_one(event: Event) -> None:
        steps.append(event.step)
        if steps == [Step.REGISTERED]:
            assert resolve(bench.settings, Selection(bench.topic, partition=0, offset=4), by="O1", why="a test") == 1

    assert landed(replayed(bench, resolve_one)) == ROBOTS - 1
    assert Step.REPEATED in steps
    assert newest(bench.settings, Selection(bench.topic, partition=0, offset=4)).standing == "resolved"
    bench.proves_exact(rows=MESSAGES - BROKEN - 1, dead_letters=BROKEN + 1)


def test_more_letters_than_one_transaction_takes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.dead_letter_replay._LETTERS", 100)
    commits: list[int] = []

    def count(event: Event) -> None:
        if event.step is Step.COMMITTED:
            commits.append(sum(counts.rows for counts in event.counts.values()))

    assert landed(replayed(bench, count)) == ROBOTS
    assert len(commits) == 3
    assert sum(commits) == ROBOTS
    bench.proves_exact(rows=MESSAGES - BROKEN, dead_letters=BROKEN)


def test_a_resolved_letter_lands_only_where_it_is_named(bench: Bench) -> None:
    assert resolve(bench.settings, Selection(bench.topic), by="O1", why="test data") == ROBOTS + BROKEN
    assert resolve(bench.settings, Selection(bench.topic), by="O2", why="again") == 0
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKEN, dead_letters=ROBOTS + BROKEN)
    assert replayed(bench) == []

    assert landed(replayed(bench, partition=0, offset=8)) == 1
    letter = newest(bench.settings, Selection(bench.topic, partition=0, offset=8))
    assert (letter.standing, letter.resolved_by, letter.resolution) == ("replayed", "O1", "test data")
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKEN + 1, dead_letters=ROBOTS + BROKEN - 1)
    with pytest.raises(LetterLanded, match="has landed by the replay"):
        resolve(bench.settings, Selection(bench.topic, partition=0, offset=8), by="O1", why="too late")


def test_letters_of_a_topic_without_a_contract_stay_open(bench: Bench) -> None:
    (found,) = replay(bench.settings, Selection(bench.topic, "malformed"), contracts={})
    assert (found.reason, found.letters) == ("no_contract", BROKEN)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKEN, dead_letters=ROBOTS + BROKEN)


def test_the_landing_table_grows_instead_of_rounding(bench: Bench) -> None:
    """A column's type would be cast to quietly, and 1.23456 become 1.2346."""
    fields = [
        field.model_copy(update={"type": "decimal(18,6)"}) if field.name == "expected_monthly_turnover" else field
        for field in bench.contract.fields
    ]
    fields.append(fields[1].model_copy(update={"name": "nickname", "required": False, "values": None}))
    fitting = bench.contract
    wrong = [each.model_copy(update={"type": "integer"}) if each.name == "name" else each for each in fields]
    bench.contract = fitting.model_copy(update={"fields": tuple(wrong)})
    with pytest.raises(SchemaIncompatible, match="name is VARCHAR in the table and"):
        replayed(bench)
    bench.proves_exact(rows=MESSAGES - ROBOTS - BROKEN, dead_letters=ROBOTS + BROKEN)

    bench.contract = fitting
    bench.send([party(1, party_type="new", expected_monthly_turnover="1.234567", nickname="Pepe")])
    bench.land()
    kinds = (*(next(each.values for each in fields if each.name == "party_type") or ()), "new")
    fields = [each.model_copy(update={"values": kinds}) if each.name == "party_type" else each for each in fields]
    bench.contract = fitting.model_copy(update={"fields": tuple(fields)})
    assert landed(replayed(bench)) == ROBOTS + 1
    found = bench.query("select expected_monthly_turnover, nickname from {table} where party_type = 'new'")
    assert found == [(Decimal("1.234567"), "Pepe")]
    bench.proves_exact(rows=MESSAGES - BROKEN + 1, dead_letters=BROKEN)


def test_a_field_that_only_the_letters_schema_has_becomes_a_column(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    evolving = Evolving({"points": pa.int32()})
    monkeypatch.setattr("sinks.dead_letter_replay.decoder_for", lambda contract, *_: evolving.decoder(contract))
    found, bench.contract = bench.contract, contract_for("bank.parties").model_copy(update={"topic": bench.topic})
    bench.send([party(1, party_type="robot", points=7)])
    bench.land()
    bench.contract = found
    assert landed(replayed(bench)) == ROBOTS + 1
    assert bench.query("select count(*), sum(points) from {table} where party_type = 'robot'") == [(ROBOTS + 1, 7)]


def test_wrong_selections_say_what_is_wrong(bench: Bench) -> None:
    with pytest.raises(LetterUnknown, match=r"offset 1; 'vigil dead-letters list'"):
        replayed(bench, partition=0, offset=1)
    assert replayed(bench, reason="tombstone") == []
    with pytest.raises(SinkMisconfigured, match="no dead letter has the reason 'mal'"):
        Selection(reason="mal")
    with pytest.raises(SinkMisconfigured, match="give all three"):
        Selection(bench.topic, partition=0)
    with pytest.raises(SinkMisconfigured, match="--by"):
        resolve(bench.settings, Selection(bench.topic), by=" ", why="none")


def _send_with_headers(bench: Bench, value: bytes, headers: list[Any]) -> None:
    producer = Producer({"bootstrap.servers": bench.kafka})
    producer.produce(bench.topic, value, key=b"k", partition=0, headers=headers)
    assert producer.flush(30) == 0
