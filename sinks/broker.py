"""What the broker says about itself: its cluster, its topics and the offsets they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from lakehouse.settings import Settings
from sinks.errors import BrokerSilent, SinkMisconfigured, TopicMissing
from sinks.records import Partition

T = TypeVar("T")

_CONNECTION = {
    "api",
    "broker",
    "client",
    "debug",
    "https",
    "metadata",
    "reconnect",
    "sasl",
    "security",
    "socket",
    "ssl",
}


@dataclass(frozen=True)
class Topic:
    """A topic as the broker has it now; ``topic_id`` never comes again, not even for a topic of the same name."""

    name: str
    topic_id: str
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class Held:
    """Offsets a partition holds: from ``start`` up to, not including, ``end``.

    ``end`` is the last stable offset: what lies behind an open transaction cannot be read yet.
    """

    start: int
    end: int


def named_servers(settings: Settings) -> str:
    """The brokers that the settings name.

    Raises:
        SinkMisconfigured: they name none.
    """
    if settings.kafka_bootstrap_servers is None:
        raise SinkMisconfigured("no brokers are named: run 'vigil up', or set KAFKA_BOOTSTRAP_SERVERS")
    return settings.kafka_bootstrap_servers


def connection_settings(kafka: Mapping[str, Any]) -> dict[str, Any]:
    """Those of librdkafka's settings that say how to reach the brokers, not how to consume."""
    return {name: value for name, value in kafka.items() if name.split(".")[0] in _CONNECTION}


class Broker:
    """Questions to the brokers. ``seconds`` bounds each answer.

    Raises (every method):
        BrokerSilent: no answer in time.
        TopicMissing: the broker has no such topic.
    """

    def __init__(self, bootstrap_servers: str, settings: Mapping[str, Any], seconds: float) -> None:
        self._servers = bootstrap_servers
        try:
            self._admin = AdminClient({**connection_settings(settings), "bootstrap.servers": bootstrap_servers})
        except KafkaException as error:
            raise SinkMisconfigured(f"librdkafka refuses the kafka. settings: {error}") from error
        self._seconds = seconds

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.__exit__(None, None, None)

    def cluster_id(self) -> str:
        """The id of the Kafka cluster."""
        return str(self._ask("cluster", lambda: self._admin.describe_cluster().result(self._seconds)).cluster_id)

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """The topics of those names."""
        asked = list(names)
        futures = self._ask("topics", lambda: self._admin.describe_topics(TopicCollection(asked)))
        found = {}
        for name, future in futures.items():
            described = self._ask(f"topic {name!r}", partial(future.result, self._seconds), name)
            numbers = sorted(each.id for each in described.partitions)
            found[name] = Topic(name, str(described.topic_id), tuple(Partition(name, number) for number in numbers))
        return found

    def held(self, partitions: Iterable[Partition]) -> dict[Partition, Held]:
        """The offsets that each partition holds."""
        asked = [TopicPartition(*partition) for partition in partitions]
        earliest, latest = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
        starts = self._offsets(asked, earliest)
        ends = self._offsets(asked, latest)
        return {partition: Held(starts[partition], ends[partition]) for partition in starts}

    def _offsets(self, asked: list[TopicPartition], spec: OffsetSpec) -> dict[Partition, int]:
        if not asked:
            return {}
        futures = self._ask(
            "offsets",
            lambda: self._admin.list_offsets(dict.fromkeys(asked, spec), isolation_level=IsolationLevel.READ_COMMITTED),
        )
        return {
            Partition(each.topic, each.partition): self._ask(
                f"offsets of {each.topic}", partial(future.result, self._seconds), each.topic
            ).offset
            for each, future in futures.items()
        }

    def _ask(self, what: str, question: Callable[[], T], topic: str | None = None) -> T:
        try:
            return question()
        except KafkaException as error:
            if topic is not None and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise TopicMissing(
                    topic, f"the brokers {self._servers} have no {what}; create it, or correct its name"
                ) from error
            raise BrokerSilent(f"the brokers {self._servers} do not tell about {what}: {error}") from error
        except TimeoutError as error:
            raise BrokerSilent(
                f"the brokers {self._servers} did not tell about {what} in {self._seconds:g} s; "
                "see whether they run, and KAFKA_BOOTSTRAP_SERVERS"
            ) from error
