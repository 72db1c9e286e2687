"""The topic no longer continues what was landed: the sink stops and says so; an operator accepts it, on record."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kafka_topics import delete_records, delete_topics
from landing_bench import Bench, party

from local.topics import ensure_topics
from sinks import Event, NothingToAccept, Step, accept_gap, gaps
from sinks.errors import OffsetsLost, OtherCluster, TopicMissing, TopicRecreated
from sinks.gaps import Gap


def test_retention_overtook_the_sink(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(10))
    bench.land()
    bench.send(party(number) for number in range(10, 30))
    delete_records(bench.kafka, bench.topic, before=25)

    with pytest.raises(OffsetsLost, match=r"offsets 10 to 24 were removed"):
        bench.land()
    assert bench.query("select count(*) from {table}") == [(10,)]

    (gap,) = accept_gap(bench.settings, bench.topic, accepted_by="operator", reason="retention was too short")
    assert (gap.first, gap.next) == (10, 25)
    with pytest.raises(NothingToAccept):
        accept_gap(bench.settings, bench.topic, accepted_by="operator", reason="again")
    assert bench.land().total.rows == 5
    (found,) = bench.reconcile()
    assert (found.rows, found.gaps, found.offsets, found.holes) == (15, 15, 30, 0)
    bench.proves_exact(rows=15)
    assert bench.query("select from_offset, to_offset, reason, accepted_by from lake.ledger.gaps") == [
        (10, 25, "retention was too short", "operator")
    ]


def test_a_gap_whose_answer_was_lost_is_accepted_once(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(10))
    bench.land()
    bench.send(party(number) for number in range(10, 30))
    delete_records(bench.kafka, bench.topic, before=25)
    transact = gaps._transact
    lost: list[list[Gap]] = []

    def lose_the_answer(*arguments: Any) -> list[Gap]:
        lost.append(transact(*arguments))
        raise duckdb.IOException("the connection was cut before the answer came")

    monkeypatch.setattr(gaps, "_transact", lose_the_answer)
    accepted = accept_gap(bench.settings, bench.topic, accepted_by="operator", reason="retention was too short")
    assert [accepted] == lost
    assert bench.query("select from_offset, to_offset from lake.ledger.gaps") == [(10, 25)]


def test_records_removed_while_the_sink_runs(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    # Each message in a batch of its own, as the broker delivers whole batches.
    one_each: dict[str, Any] = {"batch.num.messages": 1}
    bench.send((party(number) for number in range(100)), **one_each)
    removed: list[int] = []

    def remove(event: Event) -> None:
        if event.step is Step.COMMITTED and not removed:
            removed.append(delete_records(bench.kafka, bench.topic, before=80))

    # So little is fetched ahead that the broker is asked for offsets it has just removed.
    small = {"fetch.message.max.bytes": 1000, "queued.max.messages.kbytes": 1, "queued.min.messages": 1}
    with pytest.raises(OffsetsLost, match=r"\[0\]: the offset that comes next \(\d+\) is not in the topic"):
        bench.land(observe=remove, batch_rows=10, decoders=1, kafka=small)
    assert removed == [80]
    landed = bench.query("select count(*) from {table}")[0][0]
    (gap,) = accept_gap(bench.settings, bench.topic, accepted_by="operator", reason="cleaned by mistake")
    assert (gap.first, gap.next) == (landed, 80)
    bench.land()
    bench.proves_exact(rows=landed + 20)


def test_topic_deleted_and_made_again(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(10))
    bench.land()
    former = bench.reconcile()[0].topic_id
    delete_topics(bench.kafka, bench.topic)
    with pytest.raises(TopicMissing, match=bench.topic):
        bench.land()
    ensure_topics(kafka, {bench.topic: 1})
    bench.send(party(number) for number in range(10, 30))

    with pytest.raises(TopicRecreated, match=f"and the one landed so far was {re.escape(former)}"):
        bench.land()
    assert bench.query("select count(*) from {table}") == [(10,)]

    (gap,) = accept_gap(bench.settings, bench.topic, accepted_by="operator", reason="moved to a new cluster disk")
    assert (gap.topic_id, gap.first, gap.next) == (former, 10, None)
    assert bench.land().total.rows == 20
    # The same offsets twice in the table, but of two topics: reconciliation tells them apart.
    found = {each.topic_id == former: each for each in bench.reconcile()}
    assert (found[True].rows, found[True].log_end, found[False].rows) == (10, None, 20)
    bench.proves_exact(rows=30)


def test_topic_made_again_between_reading_and_commit(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(10))
    struck: list[str] = []

    def recreate(event: Event) -> None:
        if event.step is Step.CONSUMED and not struck:
            struck.append(event.commit_id)
            delete_topics(bench.kafka, bench.topic)
            ensure_topics(kafka, {bench.topic: 1})

    with pytest.raises((TopicRecreated, TopicMissing, OffsetsLost)):
        bench.land(observe=recreate)
    assert struck
    assert bench.query("select count(*) from {table}") == [(0,)]


def test_another_cluster(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send([party(1)])
    bench.land()
    # As if the ledger's rows had been written from another cluster.
    bench.query("update lake.ledger.offsets set cluster_id = 'elsewhere'")
    with pytest.raises(OtherCluster, match="elsewhere"):
        bench.land()
