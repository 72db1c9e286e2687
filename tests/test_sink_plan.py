"""A plan says what a sink would do first, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from landing_bench import Bench, party

from lakehouse.attach import connect
from lakehouse.snapshots import latest
from sinks import lag, reconcile
from sinks.errors import SinkMisconfigured, TopicMissing
from sinks.plan import SinkPlan, plan_sink


@pytest.fixture
def bench(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> Bench:
    """A topic of two partitions, and no lake yet."""
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    bench.send([party(number) for number in range(5)])
    return bench


def planned(bench: Bench, **changed: object) -> SinkPlan:
    """The plan for the bench's topic."""
    return plan_sink(bench.config(**changed), bench.settings, contracts=bench.contracts)


def test_from_nothing_to_landed(bench: Bench) -> None:
    for _ in range(2):
        plan = planned(bench)
        assert (plan.lake_is, plan.members, plan.refusals) == ("created", (), [])
        (topic,) = plan.topics
        assert (topic.format, topic.table, topic.table_is) == ("json", bench.contract.table, "created")
        assert [(each.begins_at, each.since, each.waiting) for each in topic.partitions] == [
            (0, "earliest", 5),
            (0, "earliest", 0),
        ]
    (topic,) = planned(bench, start="latest").topics
    assert [(each.begins_at, each.since, each.waiting) for each in topic.partitions] == [
        (5, "latest", 0),
        (0, "latest", 0),
    ]

    bench.land()
    bench.send([party(5)])
    gained = bench.contract.fields[1].model_copy(update={"name": "nickname", "values": None})
    bench.contract = bench.contract.model_copy(update={"fields": (*bench.contract.fields, gained)})
    with connect(bench.settings) as connection:
        before = latest(connection)
        plan = planned(bench)
        assert latest(connection) == before
    (topic,) = plan.topics
    assert (plan.lake_is, topic.table_is, topic.changes) == ("there", "extended", ("nickname VARCHAR added",))
    assert [(each.begins_at, each.since, each.waiting) for each in topic.partitions] == [
        (5, "ledger", 1),
        (0, "ledger", 0),
    ]


def test_a_pattern_is_planned_as_the_topics_under_it(bench: Bench) -> None:
    pattern = f"{bench.topic[:-1]}.?"
    (topic,) = planned(bench, topics=(pattern,)).topics
    assert (topic.topic, topic.partitions[0].waiting) == (bench.topic, 5)
    with pytest.raises(SinkMisconfigured, match="has none at all"):
        planned(bench, topics=("nothing.*",))

    assert [each.lag for each in lag(bench.settings, [pattern], contracts=bench.contracts)] == [5, 0]
    bench.land(topics=(pattern,))
    assert [each.lag for each in lag(bench.settings, [pattern], contracts=bench.contracts)] == [0, 0]
    found = reconcile(bench.settings, [pattern], contracts=bench.contracts)
    assert [(each.topic, each.rows, each.exact) for each in found] == [(bench.topic, 5, True), (bench.topic, 0, True)]
    # A pattern does not overlook that a topic is gone from the brokers.
    bench.query("update lake.ledger.offsets set topic = topic || '.gone'")
    contracts = {
        each: bench.contract.model_copy(update={"topic": each}) for each in (bench.topic, f"{bench.topic}.gone")
    }
    with pytest.raises(TopicMissing, match="gone"):
        reconcile(bench.settings, [f"{bench.topic}.*"], contracts=contracts)


def test_what_a_sink_would_refuse(bench: Bench) -> None:
    bench.land()
    bench.send([party(number) for number in range(5, 9)])
    with AdminClient({"bootstrap.servers": bench.kafka}) as admin:
        for future in admin.delete_records([TopicPartition(bench.topic, 0, 7)]).values():
            future.result(30)
    plan = planned(bench)
    assert [each.begins_at for each in plan.topics[0].partitions] == [None, 0]
    (refusal,) = plan.refusals
    assert "offsets 5 to 6 were removed" in refusal
    assert "accept-gap" in refusal

    bench.query("update lake.ledger.offsets set cluster_id = 'elsewhere'")
    (refusal,) = planned(bench).refusals
    assert "landed from the cluster elsewhere" in refusal

    fitting = bench.contract
    named = [each.model_copy(update={"type": "integer"}) if each.name == "name" else each for each in fitting.fields]
    bench.contract = fitting.model_copy(update={"fields": tuple(named)})
    (refusal,) = planned(bench).refusals
    assert "name is VARCHAR in the table and" in refusal
    bench.contract = fitting

    bench.contract = bench.contract.model_copy(update={"topic": "bank.nowhere"})
    bench.topic = "bank.nowhere"
    (refusal,) = planned(bench).refusals
    assert "no topic 'bank.nowhere'" in refusal
    plan = plan_sink(bench.config(), bench.settings, contracts=bench.contracts, makes_topics=True)
    assert (plan.topics[0].topic_is, plan.refusals) == ("created", [])
