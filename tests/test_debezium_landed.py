"""Debezium's change events through Kafka, sink, staging and the KYC mart: one state a party, one deletion."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import Producer
from debezium_events import ADAPTIVE, event, key
from landing_bench import party
from marts_lake import MakeLake, make_lake  # noqa: F401

from contracts import contract_for
from lakehouse.attach import connect
from local.topics import ensure_topics
from sinks import SinkConfig, reconcile, run_until_caught_up

# Lands in the same table as bank.parties, which the tests of others have.
TOPIC = "bank-parties"


def row(number: int, segment: str, minute: int) -> dict[str, object]:
    """A party's row in the source's table."""
    found: dict[str, object] = json.loads(party(number, updated_at=f"2026-01-31T13:{minute:02}:00.000001Z"))
    return found | {"segment": segment, "pep": False, "addresses": [{"town": "Köln", "country": "DE"}]}


@pytest.mark.timeout(600)
def test_changes_become_states_and_a_deletion_is_one(kafka: str, make_lake: MakeLake) -> None:  # noqa: F811
    lake = make_lake()
    lake.land([])
    ensure_topics(kafka, {TOPIC: 1})
    sent: list[tuple[bytes, bytes | None]] = [
        # A snapshot read, then changes, with the schema in each message and without.
        (key("P1", True), event("r", None, row(1, "retail", 1), ADAPTIVE, True)),
        (key("P2", True), event("c", None, row(2, "retail", 2), ADAPTIVE, True)),
        (key("P3"), event("c", None, row(3, "retail", 3))),
        (key("P1", True), event("u", row(1, "retail", 1), row(1, "private", 4), ADAPTIVE, True)),
        # Deleted, which Debezium says twice; then made anew.
        (key("P2", True), event("d", row(2, "retail", 2), None, ADAPTIVE, True)),
        (key("P2", True), None),
        (key("P3"), event("d", {"party_id": "P3"}, None)),
        (key("P3"), None),
        (key("P3"), event("c", None, row(3, "corporate", 5))),
        (key("P3"), event("t", None, None)),
    ]
    producer = Producer({"bootstrap.servers": kafka})
    for told, value in sent:
        producer.produce(TOPIC, value, key=told, partition=0)
    assert producer.flush(30) == 0
    contracts = {TOPIC: contract_for("bank.parties").model_copy(update={"topic": TOPIC})}
    settings = lake.settings.model_copy(update={"kafka_bootstrap_servers": kafka})
    config = SinkConfig.parse({"topics": (TOPIC,), "group": TOPIC, "envelope": "debezium"})
    run_until_caught_up(config, settings, contracts=contracts)
    (proof,) = reconcile(settings, [TOPIC], contracts=contracts)
    assert (proof.exact, proof.rows, proof.dead_letters) == (True, 9, 1)

    pin = lake.newest()
    lake.dbt(pin, "build", "--select", "+parties", "--exclude-resource-types", "test", "unit_test")
    deletions = (
        "select party_id, is_deletion, _offset from lake.staging.stg_party_versions where is_deletion order by 3"
    )
    assert lake.rows(deletions) == [("P2", True, 4), ("P2", True, 5), ("P3", True, 6), ("P3", True, 7)]
    states = "select party_id, segment, addresses[1].town, is_deleted from lake.staging.stg_parties order by 1"
    assert lake.rows(states) == [
        ("P1", "private", "Köln", False),
        ("P2", "retail", "Köln", True),
        ("P3", "corporate", "Köln", False),
    ]
    assert lake.rows("select party_id from lake.kyc.parties order by 1") == [("P1",), ("P3",)]
    with connect(settings, read_only=True) as connection:
        same = "select distinct * exclude (_offset, _timestamp) from lake.landing.bank_parties where _tombstone"
        assert len(connection.execute(same).fetchall()) == 2
        reasons = connection.execute("select reason from lake.ledger.dead_letters").fetchall()
        assert reasons == [("no_row_change",)]
