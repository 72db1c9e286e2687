"""TLS, logins and access rules: each way in lands, and each way of being kept out says which it is."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conditions import wait_until
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._resource import ResourceType
from landing_bench import Bench, party
from secured_kafka import CERTIFIED, USER, Secured, running

from lakehouse.settings import Settings
from local.ports import LOOPBACK
from local.topics import ensure_topics
from sinks import SinkError, Step, lag, reconcile, run, run_until_caught_up
from sinks.broker import Broker
from sinks.errors import BrokerRefuses, BrokerSilent, GroupDenied, SinkMisconfigured, TopicDenied, TopicMissing

READ, DESCRIBE = AclOperation.READ, AclOperation.DESCRIBE
# A broker of a busy machine answers in a second or two; nobody waits a minute to be told of a wrong password.
SOON = 60.0


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """One broker with every listener."""
    with running(tmp_path_factory.mktemp("secured")) as broker:
        yield broker


class Guarded:
    """A topic of the secured broker, with a lake of its own and messages on it."""

    def __init__(self, secured: Secured, catalog: tuple[str, Path]) -> None:
        def new_topic(name: str, partitions: int, config: dict[str, str] | None) -> str:
            topic = f"{name}.{catalog[1].name}"
            ensure_topics(secured.servers("PLAIN"), {topic: partitions}, config)
            return topic

        self.secured = secured
        self.bench = Bench(secured.servers("PLAIN"), new_topic, catalog)
        self.topic = self.bench.topic

    def land(self, listener: str, kafka: dict[str, Any], **changed: Any) -> None:
        """Land what is there by that way in."""
        config = self.bench.config(kafka=kafka, **changed)
        run_until_caught_up(config, self.settings(listener), contracts=self.bench.contracts)

    def settings(self, listener: str) -> Settings:
        """The lake, and that way in."""
        return self.bench.settings.model_copy(update={"kafka_bootstrap_servers": self.secured.servers(listener)})

    def allow(self, user: str = USER) -> None:
        """The rights that a sink needs, and no more."""
        self.secured.allow(ResourceType.TOPIC, self.topic, READ, DESCRIBE, user=user)
        for group in (self.topic, "vigil-reconcile"):
            self.secured.allow(ResourceType.GROUP, group, READ, user=user)


@pytest.fixture
def guarded(secured: Secured, catalog: tuple[str, Path]) -> Guarded:
    """A topic that nobody may read yet."""
    return Guarded(secured, catalog)


@pytest.mark.parametrize(
    ("listener", "way", "user"), [("TLS", "certified", CERTIFIED), ("SCRAM", "scram", USER), ("OAUTH", "oauth", USER)]
)
def test_lands_by_each_way_in(guarded: Guarded, listener: str, way: str, user: str) -> None:
    guarded.allow(user)
    guarded.bench.send(party(number) for number in range(100))
    kafka, settings = getattr(guarded.secured, way)(), guarded.settings(listener)
    guarded.land(listener, kafka)
    assert [each.lag for each in lag(settings, [guarded.topic], kafka=kafka)] == [0]
    (found,) = reconcile(settings, [guarded.topic], contracts=guarded.bench.contracts, kafka=kafka)
    assert (found.exact, found.rows) == (True, 100)


def wrong(secured: Secured) -> dict[str, tuple[str, dict[str, str], str]]:
    """By fault: the listener, the settings, and what the error must say."""
    stranger = secured.stranger.client("stranger")
    tls, scram = secured.tls(), secured.scram()
    foreign = {**tls, "ssl.certificate.location": str(stranger[0]), "ssl.key.location": str(stranger[1])}
    foreign["ssl.key.password"] = secured.certified()["ssl.key.password"]
    return {
        "untrusted": (
            "SCRAM",
            {**scram, "ssl.ca.location": str(secured.stranger.certificate)},
            r"no authority trusted here has signed .*Set kafka\.ssl\.ca\.location",
        ),
        "another host": (
            "ELSEWHERE",
            tls,
            r"certificate for another host than '127\.0\.0\.1'.*KAFKA_BOOTSTRAP_SERVERS",
        ),
        "expired": ("EXPIRED", tls, r"a certificate that has expired"),
        "no client certificate": ("TLS", tls, r"wants a client certificate\. Set kafka\.ssl\.certificate\.location"),
        "a stranger's certificate": ("TLS", foreign, r"does not take the client certificate that is set"),
        "password": (
            "SCRAM",
            {**scram, "sasl.password": "not-this"},
            r"login of 'vigil' by SCRAM-SHA-512: the password is",
        ),
        "user": ("SCRAM", {**scram, "sasl.username": "nobody"}, r"login of 'nobody' by SCRAM-SHA-512: .*no such user"),
        "mechanism": ("SCRAM", {**scram, "sasl.mechanism": "PLAIN"}, r"takes the login SCRAM-SHA-512, not PLAIN"),
        "TLS to plaintext": ("PLAIN", tls, r"speaks no TLS there.*set kafka\.security\.protocol to plaintext"),
        "plaintext to TLS": ("TLS", {}, r"speaks TLS there, and kafka\.security\.protocol is 'plaintext'"),
        "TLS without a login": ("SCRAM", tls, r"wants a login; set kafka\.security\.protocol to sasl_ssl"),
    }


FAULTS = (
    "untrusted",
    "another host",
    "expired",
    "no client certificate",
    "a stranger's certificate",
    "password",
    "user",
    "mechanism",
    "TLS to plaintext",
    "plaintext to TLS",
    "TLS without a login",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_way_that_is_wrong_is_told_at_the_start(secured: Secured, fault: str) -> None:
    listener, kafka, told = wrong(secured)[fault]
    began = time.monotonic()
    # Patient as a sink is by default: the fault is told long before.
    with Broker(secured.servers(listener), kafka, 120.0) as broker, pytest.raises(BrokerRefuses) as refused:
        broker.cluster_id()
    assert re.search(told, str(refused.value)), str(refused.value)
    assert secured.servers(listener) in str(refused.value)
    assert not any(str(kafka.get(name)) in str(refused.value) for name in ("sasl.password", "ssl.key.password"))
    assert time.monotonic() - began < SOON


def test_a_sink_ends_at_a_wrong_password_before_it_joins(guarded: Guarded) -> None:
    with pytest.raises(BrokerRefuses, match=r"kafka\.sasl\.password"):
        guarded.land("SCRAM", {**guarded.secured.scram(), "sasl.password": "wrong"})


def test_a_wrong_key_password_is_refused_with_the_settings(secured: Secured) -> None:
    kafka = {**secured.certified(), "ssl.key.password": "wrong"}
    with pytest.raises(SinkMisconfigured, match=r"ssl\.key\.location"):
        Broker(secured.servers("TLS"), kafka, 5.0)


def test_who_may_not_describe_the_topic_is_told(guarded: Guarded) -> None:
    guarded.secured.allow(ResourceType.GROUP, guarded.topic, READ)
    with pytest.raises(TopicDenied, match=rf"Describe the topic '{guarded.topic}'.*ACLs for Read and Describe"):
        guarded.land("SCRAM", guarded.secured.scram())


def test_who_may_not_read_the_topic_is_told(guarded: Guarded) -> None:
    guarded.secured.allow(ResourceType.TOPIC, guarded.topic, DESCRIBE)
    guarded.secured.allow(ResourceType.GROUP, guarded.topic, READ)
    with pytest.raises(TopicDenied, match=rf"Read the topic '{guarded.topic}'"):
        guarded.land("SCRAM", guarded.secured.scram())


def test_who_may_not_join_the_group_is_told(guarded: Guarded) -> None:
    guarded.secured.allow(ResourceType.TOPIC, guarded.topic, READ, DESCRIBE)
    with pytest.raises(GroupDenied, match=rf"Read the consumer group '{guarded.topic}'"):
        guarded.land("SCRAM", guarded.secured.scram())


def test_nothing_is_lost_when_a_right_is_withdrawn_and_given_back(guarded: Guarded) -> None:
    guarded.allow()
    guarded.bench.send(party(number) for number in range(50))
    settings = guarded.settings("SCRAM")
    config = guarded.bench.config(kafka=guarded.secured.scram())
    ended: list[SinkError] = []
    landed, stop = threading.Event(), threading.Event()

    def sink() -> None:
        try:
            run(
                config,
                settings,
                stop,
                observe=lambda event: landed.set() if event.step is Step.COMMITTED else None,
                contracts=guarded.bench.contracts,
            )
        except SinkError as error:
            ended.append(error)

    thread = threading.Thread(target=sink)
    thread.start()
    try:
        wait_until(landed.is_set, "the first messages have landed")
        guarded.secured.withdraw(ResourceType.TOPIC, guarded.topic, READ)
        guarded.bench.send(party(number) for number in range(50, 80))
        wait_until(lambda: ended, "the sink has ended", 90)
    finally:
        stop.set()
        thread.join(60)
    assert isinstance(ended[0], TopicDenied), ended
    assert guarded.topic in str(ended[0])
    guarded.secured.allow(ResourceType.TOPIC, guarded.topic, READ)
    guarded.land("SCRAM", guarded.secured.scram())
    guarded.bench.proves_exact(rows=80)


def test_brokers_that_are_not_there_are_named_with_the_cause() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
    with Broker(f"{LOOPBACK}:{port}", {}, 2.0) as broker, pytest.raises(BrokerSilent, match="refused") as told:
        broker.cluster_id()
    assert str(port) in str(told.value)
    assert "KAFKA_BOOTSTRAP_SERVERS" in str(told.value)


def test_a_topic_that_is_not_there_is_told_with_the_nearest(guarded: Guarded) -> None:
    misspelt = guarded.topic.replace("parties", "partys")
    with Broker(guarded.secured.servers("PLAIN"), {}, 60.0) as broker, pytest.raises(TopicMissing) as missing:
        broker.topics([misspelt])
    assert f"no topic {misspelt!r} (is {guarded.topic!r} meant?)" in str(missing.value)
