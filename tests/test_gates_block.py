"""A gate that fails says which rows, on which table, and leaves the tables beside it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import load
from expectations import GateResult, run_gate
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest

AT = datetime(2026, 3, 1, tzinfo=UTC)
QUIET = [{"topic": topic, "partition": 0, "end_offset": 0, "newest": None} for topic in load()]
NEWEST = datetime(2026, 3, 2, 9)
TRANSACTIONS = "landing.bank_transactions"
Results = dict[tuple[str, str], GateResult]

# 30 days of 20 movements, and none on the 17th of March.
ORDINARY = """
    insert into lake.landing.bank_transactions by name
    select 'T' || i as transaction_id, 'K' || i as idempotency_key, 'E' || i as end_to_end_id, 'A1' as account_id,
        'credit' as direction, timestamp '2026-03-02 09:00:00' + to_days((i // 20)::integer) as booked_at,
        'cash' as method, 100 as instructed_amount, 'USD' as instructed_currency, 100 as settled_amount,
        'USD' as settled_currency, false as _tombstone, 0 as _partition, i as _offset
    from range(600) as numbers(i)
    where i // 20 <> 15
"""
FAULTY = """
    insert into lake.landing.bank_transactions by name
    select 'F' || i as transaction_id, 'G' || i as idempotency_key, 'H' || i as end_to_end_id,
        if(i = 8, null, 'A2') as account_id, 'credit' as direction, timestamp '2026-03-02 09:00:00' as booked_at,
        'cash' as method, 100 as instructed_amount, 'USD' as instructed_currency, 100 as settled_amount,
        if(i = 8, 'USD', 'XXX') as settled_currency, false as _tombstone, 3 as _partition, i as _offset
    from range(8, 11) as numbers(i)
"""
VOID_DISPOSAL = """
    insert into lake.landing.compliance_decisions by name
    select 'D1' as decision_id, 'C1' as case_id, 'disposed' as act, 'O1' as officer_id, 'analyst' as officer_role,
        timestamp '2026-02-28 12:00:00' as decided_at, false as _tombstone, 0 as _partition, 0 as _offset
"""
PARTIES = """
    insert into lake.landing.bank_parties by name
    select 'P' || i as party_id, if(i < 2, 'natural_person', 'legal_entity') as party_type, 'A name' as name,
        'active' as status, timestamp '2026-02-01 12:00:00' as updated_at, date '2026-02-01' as onboarded_on,
        'US' as residence_country, if(i < 2, null, 'C' || i) as incorporation_number,
        [{'line': '1 Street'}] as addresses, false as _tombstone, 0 as _partition, i as _offset
    from range(4) as numbers(i)
"""
COMMITS = """
    insert into lake.ledger.commits by name
    select * from (values
        ('c1', 'bank.transactions', 200, 1, timestamp '2026-02-28 12:00:00'),
        ('c2', 'bank.ownership', 10, 5, timestamp '2026-02-28 12:00:00'),
        ('c3', 'reference.watchlists', 0, 50, timestamp '2026-02-27 12:00:00'),
        ('c4', 'reference.watchlists', 10, 0, timestamp '2026-02-28 12:00:00')
    ) as commits(commit_id, topic, rows, dead_letters, committed_at)
"""
DEAD_LETTERS = """
    insert into lake.ledger.dead_letters by name
    select 'bank.ownership' as topic, 2 as partition, 37 + i as "offset", 'not_json' as reason,
        timestamp '2026-02-28 12:00:00' + to_seconds(i) as landed_at
    from range(5) as numbers(i)
    union all
    select 'reference.watchlists', 0, i, 'malformed', timestamp '2026-02-27 12:00:00'
    from range(50) as numbers(i)
    union all
    select 'bank.transactions', 0, 7, 'malformed', timestamp '2026-02-28 12:00:00'
"""
OPEN = """
    insert into lake.ledger.dead_letters by name
    select 'bank.ownership' as topic, 2 as partition, 41 as "offset", 'not_json' as reason,
        timestamp '2026-02-28 12:00:00' as landed_at
"""
# Of the topic's five dead letters three were replayed and one was resolved, of the old ones all.
SETTLED = """
    insert into lake.ledger.dead_letters by name
    select 'bank.ownership' as topic, 2 as partition, i as "offset", 'malformed' as reason,
        timestamp '2026-02-28 12:00:00' as landed_at, if(i < 3, 'r1', null) as replay_commit_id,
        if(i < 3, null, timestamp '2026-02-28 13:00:00') as resolved_at
    from range(4) as numbers(i)
    union all
    select 'reference.watchlists', 0, i, 'malformed', timestamp '2026-02-27 12:00:00', null,
        timestamp '2026-02-28 13:00:00'
    from range(50) as numbers(i)
"""
REPLAY = """
    insert into lake.ledger.commits by name
    select 'r1' as commit_id, 'bank.ownership' as topic, 3 as rows, 0 as dead_letters,
        timestamp '2026-02-28 13:00:00' as committed_at
"""


@pytest.fixture(scope="module")
def asked(
    new_catalog: Callable[[], tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Results, Results]:
    """The landing gate's results before and after faulty rows, dead letters and a lag came."""
    catalog, data_path = new_catalog()
    settings = Settings(home=tmp_path_factory.mktemp("home"), catalog=catalog, data_path=str(data_path))
    with connect(settings) as connection:
        prepare(connection, load().values())
        connection.execute(ORDINARY)
        before = latest(connection)
        for statement in (FAULTY, COMMITS, DEAD_LETTERS, VOID_DISPOSAL, PARTIES):
            connection.execute(statement)
        after = latest(connection)
    lagging = [
        each | {"end_offset": 5, "newest": NEWEST} if each["topic"] == "bank.parties" else each
        for each in QUIET
        if each["topic"] != "bank.accounts"
    ]
    return gate(settings, before, QUIET), gate(settings, after, lagging)


def gate(settings: Settings, pin: int, broker: Sequence[Mapping[str, object]]) -> Results:
    results = run_gate(settings, "landing", pin=pin, at=AT, parameters={"broker": broker})
    return {(result.suite, result.table): result for result in results}


def test_good_rows_open_the_gate_though_worse_landed_after_its_snapshot(asked: tuple[Results, Results]) -> None:
    before, _ = asked
    assert {table for _, table in before} == {f"landing.{contract.table}" for contract in load().values()}
    assert [result.summary() for result in before.values() if not result.success] == []


def test_a_day_without_events_warns(asked: tuple[Results, Results]) -> None:
    (warning,) = asked[0]["transactions", TRANSACTIONS].warnings
    assert [row["day"] for row in warning.failing_rows] == ["2026-03-17"]


def test_failing_rows_are_named(asked: tuple[Results, Results]) -> None:
    result = asked[1]["transactions", TRANSACTIONS]
    assert not result.success
    failures = {each.slice: each for each in result.failures}
    assert set(failures) == {"completeness", "currencies"}
    assert failures["completeness"].failing_rows == (
        {"field": "account_id", "first_missing": '[{"partition":3,"offset":8}]'},
    )
    (currency,) = failures["currencies"].failing_rows
    assert (currency["currency"], currency["movements"]) == ("XXX", 2)
    assert '"offset":9,"transaction_id":"F9"' in currency["first_movements"]
    assert '"offset":8' in result.summary()


def test_only_the_faulty_tables_fail(asked: tuple[Results, Results]) -> None:
    assert {key for key, result in asked[1].items() if not result.success} == {
        ("transactions", TRANSACTIONS),
        ("delivery", "landing.bank_accounts"),
        ("delivery", "landing.bank_ownership"),
        ("delivery", "landing.bank_parties"),
    }


def test_a_topic_that_lags_and_one_the_broker_lacks_fail(asked: tuple[Results, Results]) -> None:
    (lag,) = asked[1]["delivery", "landing.bank_parties"].failures
    assert lag.column == "seconds_behind"
    assert lag.failing_rows == ({"table": "landing.bank_parties", "partition": 0, "end_offset": 5, "next_offset": 0},)
    (absent,) = asked[1]["delivery", "landing.bank_accounts"].failures
    assert "The broker has no such topic" in absent.sentence()


def test_few_dead_letters_warn_and_many_shut_the_gate(asked: tuple[Results, Results]) -> None:
    few = asked[1]["delivery", TRANSACTIONS]
    assert few.success
    assert [warning.column for warning in few.warnings] == ["dead_letters"]
    many = asked[1]["delivery", "landing.bank_ownership"]
    assert [failure.column for failure in many.failures] == ["recent_share"]
    assert '"offset":41' in many.summary()


def test_settled_dead_letters_count_no_more(new_catalog: Callable[[], tuple[str, Path]], tmp_path: Path) -> None:
    catalog, data_path = new_catalog()
    settings = Settings(home=tmp_path, catalog=catalog, data_path=str(data_path))
    with connect(settings) as connection:
        prepare(connection, load().values())
        for statement in (COMMITS, OPEN, SETTLED, REPLAY):
            connection.execute(statement)
        pin = latest(connection)
    asked = gate(settings, pin, QUIET)
    (failure,) = asked["delivery", "landing.bank_ownership"].failures
    (row,) = failure.failing_rows
    assert (row["recent_events"], row["recent_dead_letters"], row["dead_letters"]) == (15, 1, 1)
    assert asked["delivery", "landing.reference_watchlists"].warnings == ()


def test_an_old_burst_of_dead_letters_warns_and_shuts_nothing(asked: tuple[Results, Results]) -> None:
    old = asked[1]["delivery", "landing.reference_watchlists"]
    assert old.success
    (warning,) = old.warnings
    (row,) = warning.failing_rows
    assert (row["recent_events"], row["recent_dead_letters"], row["dead_letters"]) == (10, 0, 50)


def test_a_disposal_without_an_outcome_warns_and_shuts_nothing(asked: tuple[Results, Results]) -> None:
    decisions = asked[1]["decisions", "landing.compliance_decisions"]
    assert decisions.success
    (warning,) = decisions.warnings
    assert '"decision_id":"D1"' in warning.sentence()


def test_persons_need_a_document_and_entities_an_entry_in_the_register(asked: tuple[Results, Results]) -> None:
    (warning,) = asked[1]["parties", "landing.bank_parties"].warnings
    assert warning.column == "share_without_document"
    assert [row["party_type"] for row in warning.failing_rows] == ["natural_person"]
