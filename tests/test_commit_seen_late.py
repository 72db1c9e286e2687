"""A commit whose answer was lost goes through while the sink is finding out what became of it."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from landing_bench import Bench, party

from lakehouse.attach import connect
from sinks import Step
from sinks.commit import Committer
from sinks.encoding import Encoded
from sinks.progress import Event

MESSAGES = 200


def test_a_commit_that_shows_between_two_looks_is_recognised(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    transact, stands = Committer._transact, Committer._stands_as_expected
    under_way: list[Encoded] = []
    arrived: list[Encoded] = []
    steps: list[Step] = []

    def lose_the_answer(committer: Committer, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        if under_way:
            transact(committer, connection, encoded)
        else:
            under_way.append(encoded)
            raise duckdb.IOException("the connection was cut before the answer came")

    def commit_meanwhile(committer: Committer, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> bool:
        if under_way[0] is encoded and not arrived:
            with connect(bench.settings) as other:
                transact(committer, other, encoded)
            arrived.append(encoded)
        return stands(committer, connection, encoded)

    def note(event: Event) -> None:
        steps.append(event.step)

    monkeypatch.setattr(Committer, "_transact", lose_the_answer)
    monkeypatch.setattr(Committer, "_stands_as_expected", commit_meanwhile)
    result = bench.land(observe=note)

    assert arrived
    assert Step.CONFIRMED in steps
    assert result.fenced == 0
    bench.proves_exact(rows=MESSAGES)
