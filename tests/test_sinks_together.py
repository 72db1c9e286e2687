"""Several topics in one sink, and several sinks on one topic."""

import threading
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition
from landing_bench import Bench, party

from contracts import contract_for
from lakehouse.settings import Settings
from local.topics import ensure_topics
from sinks import LandingResult, SinkConfig, lag, reconcile, run_until_caught_up
from sinks.clock import utc_now
from sinks.lake_session import LakeSession
from sinks.ledger import Identity, add
from sinks.records import Partition


def test_topics_land_together(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    busy, quiet = (Bench(kafka, new_topic, catalog, partitions=2) for _ in range(2))
    busy.send((party(number) for number in range(2_000)), partition=1)
    quiet.send([party(1), b"no JSON"])
    contracts = busy.contracts | quiet.contracts
    config = SinkConfig(topics=tuple(contracts), group=busy.topic, batch_rows=300)
    result = run_until_caught_up(config, busy.settings, contracts=contracts)
    assert {topic: landed.counts.rows for topic, landed in result.topics.items()} == {busy.topic: 2_000, quiet.topic: 1}
    busy.proves_exact(rows=2_000)
    quiet.proves_exact(rows=1, dead_letters=1)
    # A few rows need no file of their own.
    assert busy.query("select count(*) from lake.ledger.commits where file is null and rows > 50") == [(0,)]
    assert quiet.query("select file from lake.ledger.commits where topic = ?", [quiet.topic]) == [(None,)]
    # Kafka's own tools see no lag either, though nothing of ours reads what they read.
    watcher = Consumer({"bootstrap.servers": kafka, "group.id": config.group})
    committed = watcher.committed([TopicPartition(busy.topic, 1), TopicPartition(quiet.topic, 0)], timeout=30)
    watcher.close()
    assert [each.offset for each in committed] == [2_000, 2]
    assert [each.lag for each in lag(busy.settings, contracts)] == [0] * 4
    assert all(each.exact for each in reconcile(busy.settings, contracts, contracts=contracts))


def test_sinks_of_one_group_share_the_partitions(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    for partition in range(2):
        bench.send((party(number) for number in range(1_500)), partition=partition)
    results: list[LandingResult] = []

    def land(name: str) -> None:
        results.append(bench.land(batch_rows=100, kafka={"group.instance.id": name}))

    sinks = [threading.Thread(target=land, args=(name,)) for name in ("one", "two")]
    for sink in sinks:
        sink.start()
    for sink in sinks:
        sink.join()
    assert sum(result.total.rows for result in results) == 3_000
    bench.proves_exact(rows=3_000)


def test_a_partition_is_added_to_the_ledger_once(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.land()  # creates the ledger
    partition, identity = Partition("bank.new", 0), Identity("cluster", {"bank.new": "id"})
    one, two = (LakeSession(bench.settings, 30) for _ in range(2))
    attempts: list[int] = []
    gate = threading.Barrier(2)

    def claim(session: LakeSession) -> None:
        def work(connection, attempt):  # type: ignore[no-untyped-def]
            attempts.append(attempt)
            connection.execute("begin")
            add(connection, identity, {partition: 0}, utc_now())
            if not attempt:
                gate.wait(30)  # both have added the row before either commits
            connection.execute("commit")

        session.insist(work)

    claims = [threading.Thread(target=claim, args=(session,)) for session in (one, two)]
    for each in claims:
        each.start()
    for each in claims:
        each.join()
    one.close()
    two.close()
    assert max(attempts) >= 1, "one of them conflicted"
    assert bench.query("select count(*) from lake.ledger.offsets where topic = 'bank.new'") == [(1,)]


def test_every_topic_with_a_contract_lands_by_default(kafka: str, catalog: tuple[str, Path]) -> None:
    topics = SinkConfig().topics
    assert contract_for("bank.transactions").topic in topics
    ensure_topics(kafka, dict.fromkeys(topics, 1))
    settings = Settings(
        home=catalog[1].parent, catalog=catalog[0], data_path=str(catalog[1]), kafka_bootstrap_servers=kafka
    )
    result = run_until_caught_up(SinkConfig(), settings)
    assert set(result.topics) == set(topics)
