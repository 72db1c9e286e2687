"""After a rewind the next build gives what a build from nothing gives, and says what it builds anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import marts_lake
import pytest
from confluent_kafka import Producer
from landed_bank import PARTITIONS, Bank, at
from marts_lake import BuiltLake, MakeLake
from typologies import bank

from contracts import Contract, contract_for
from contracts.wire import encode
from lakehouse.attach import connect
from lakehouse.rewinds import models_of, pending
from local.topics import ensure_topics
from sinks import SinkConfig, reconcile, run_until_caught_up
from sinks.rewind import rewind
from sinks.rewind_plan import Wanted

make_lake = marts_lake.make_lake

# It lands in the table of bank.transactions, and no other test has it.
TOPIC = "bank-transactions"
ORIGINAL = contract_for("bank.transactions").model_copy(update={"topic": TOPIC})
CHANNELS = ("branch", "atm", "online", "mobile", "pos", "system")
CORRECT = ORIGINAL.model_copy(
    update={
        "fields": tuple(
            field.model_copy(update={"values": CHANNELS}) if field.name == "channel" else field
            for field in ORIGINAL.fields
        )
    }
)
ALERTS = """
    select * exclude (raised_pin, withdrawn_pin) from lake.aml.alerts where withdrawn_pin is null order by alert_id
"""
CASES = "select * from lake.str.cases order by case_id"
MOVEMENTS = "select * exclude (_pin) from lake.intermediate.int_movements order by transaction_id"
STAGED = "select * exclude (_pin, _landed_at) from lake.staging.stg_transactions order by transaction_id"
# Sums of floats depend on the order in which they were added.
FEATURES = """
    select
        known.alert_id,
        map_from_entries(list_transform(map_entries(known.features), lambda e: {'k': e.key, 'v': round(e.value, 6)}))
    from lake.aml.alert_features as known
    join lake.aml.alerts as alerts on alerts.alert_id = known.alert_id and alerts.withdrawn_pin is null
    qualify row_number() over (partition by known.alert_id order by known.pin desc) = 1
    order by known.alert_id
"""
COMPARED = {"alerts": ALERTS, "cases": CASES, "movements": MOVEMENTS, "staged": STAGED, "features": FEATURES}


def mistaken(contract: Contract) -> Contract:
    """The contract as it was first: it knows no cash, has forgotten a field, and takes what is no direction."""
    fields = []
    for field in contract.fields:
        if field.name == "method":
            values = tuple(value for value in field.values or () if value != "cash")
            fields.append(field.model_copy(update={"values": values}))
        elif field.name == "channel":
            fields.append(field.model_copy(update={"values": None}))
        elif field.name != "reversal_of":
            fields.append(field)
    return contract.model_copy(update={"fields": tuple(fields)})


def events() -> Bank:
    """The planted bank, and an account that is alerted only for movements that never were."""
    found = bank()
    ghost = found.customer("ghost")
    for direction, amount, day in (("credit", 20000, 4), ("debit", 9000, 5), ("debit", 9500, 6)):
        others = {"debtor_account_id": "X-ghost"} if direction == "credit" else {"creditor_account_id": "X-sink"}
        found.move(ghost, direction, amount, at(day), channel="phantom", **others)
    found.events.sort(key=lambda event: event.sent_at)
    return found


@dataclass(frozen=True)
class Story:
    """The lake that was built, rewound and built again, one built from nothing, and what happened between."""

    rewound: BuiltLake
    fresh: BuiltLake
    before: dict[str, list[tuple[Any, ...]]]
    pin: int
    told: list[tuple[str, tuple[str, ...]]]
    told_after: list[Any]


def _settled(lake: BuiltLake, kafka: str) -> Any:
    return lake.settings.model_copy(update={"kafka_bootstrap_servers": kafka})


def _land(lake: BuiltLake, kafka: str, contract: Contract) -> None:
    """All other topics straight into their tables; this one by a sink."""
    lake.land([event for event in events().events if event.topic != "bank.transactions"])
    # As inserts, since files lack the column that the mistaken contract forgot.
    config = SinkConfig(topics=(TOPIC,), group=lake.settings.catalog or "", inline_rows=1_000_000)
    run_until_caught_up(config, _settled(lake, kafka), contracts={TOPIC: contract})


@pytest.fixture(scope="module")
def story(kafka: str, make_lake: MakeLake) -> Story:
    """Landed by the mistaken contract, built, rewound by the correct one, built again."""
    ensure_topics(kafka, {TOPIC: PARTITIONS}, {"retention.ms": "-1"})
    producer = Producer({"bootstrap.servers": kafka})
    known = {field.name for field in CORRECT.fields}
    for event in events().events:
        if event.topic != "bank.transactions":
            continue
        fields = {name: value for name, value in event.row.items() if name in known and name != "channel"}
        fields |= {name: value.replace(tzinfo=UTC) for name, value in fields.items() if hasattr(value, "hour")}
        key, value = encode(CORRECT, fields)
        if channel := event.row["channel"]:
            value = json.dumps(json.loads(value) | {"channel": channel}).encode()
        milliseconds = int(event.sent_at.replace(tzinfo=UTC).timestamp() * 1000)
        producer.produce(TOPIC, value, key, partition=event.row["_partition"], timestamp=milliseconds)
    assert producer.flush(30) == 0

    lake = make_lake()
    _land(lake, kafka, mistaken(CORRECT))
    lake.build_cases(lake.newest())
    pin = lake.newest()
    before = {name: lake.rows(query) for name, query in COMPARED.items()}
    assert "P-splitter" not in str(before["alerts"])
    assert "A-ghost" in str(before["alerts"])

    rewind(
        SinkConfig(topics=(TOPIC,)),
        _settled(lake, kafka),
        Wanted(TOPIC, from_time=at(-4000)),
        by="O1",
        why="the contract knew no cash",
        contracts={TOPIC: CORRECT},
    )
    assert all(each.exact for each in reconcile(_settled(lake, kafka), [TOPIC], contracts={TOPIC: CORRECT}))
    following = lake.newest()
    with connect(lake.settings, read_only=True) as connection:
        told = [(each.topic, each.models) for each in pending(connection, following)]
    lake.build_cases(following)
    with connect(lake.settings, read_only=True) as connection:
        told_after = pending(connection, lake.newest())

    fresh = make_lake()
    _land(fresh, kafka, CORRECT)
    fresh.build_cases(fresh.newest())
    return Story(lake, fresh, before, pin, told, told_after)


@pytest.mark.parametrize("name", list(COMPARED))
def test_the_next_build_is_a_build_from_nothing(story: Story, name: str) -> None:
    rebuilt, fresh = story.rewound.rows(COMPARED[name]), story.fresh.rows(COMPARED[name])
    assert rebuilt == fresh
    assert rebuilt != story.before[name]


def test_the_log_of_alerts_keeps_what_was_said_before(story: Story) -> None:
    log = story.rewound.rows("select subject_id, event from lake.aml.alert_log order by pin")
    assert [event for subject, event in log if subject == "A-ghost"] == ["raised", "withdrawn"]
    assert [event for subject, event in log if subject == "P-splitter"] == ["raised"]


@pytest.mark.parametrize("name", ["alerts", "movements", "staged"])
def test_what_was_built_before_is_there_at_its_pin(story: Story, name: str) -> None:
    table = {"alerts": "aml.alerts", "movements": "intermediate.int_movements", "staged": "staging.stg_transactions"}
    query = COMPARED[name].replace(f"lake.{table[name]}", f"lake.{table[name]} at (version => {story.pin})")
    assert story.rewound.rows(query) == story.before[name]


def test_it_is_said_which_models_are_built_anew(story: Story) -> None:
    ((topic, models),) = story.told
    assert topic == TOPIC
    assert {"staging.stg_transactions", "intermediate.int_movements", "aml.fan_in"} <= set(models)
    # Other topics' versions stand as they are, what replaces its rows needs nothing, and the log is never built anew.
    assert not {"staging.stg_party_versions", "aml.cycle", "aml.alert_log"} & set(models)
    assert set(models) <= set(models_of("bank_transactions"))
    assert story.told_after == []
    pins = dict(story.rewound.rows("select model, count(*) from lake.ledger.watermarks group by model"))
    assert pins["staging.stg_party_versions"] == pins["staging.stg_transactions"] == 2
    kept = story.rewound.rows("select count(distinct _pin) from lake.staging.stg_party_versions")
    assert kept == [(1,)]
