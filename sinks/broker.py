"""What the broker says about itself: its cluster, its topics and the offsets they hold."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._group import ConsumerGroupDescription
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo, OffsetSpec
from confluent_kafka.admin._topic import TopicDescription

from lakehouse.settings import Settings
from sinks.broker_faults import Told
from sinks.errors import BrokerSilent, GroupDenied, SinkMisconfigured, TopicDenied, TopicMissing
from sinks.kafka_settings import connection_settings
from sinks.records import Partition

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1)
# An answer takes milliseconds. After so many seconds another client asks, each time twice as patient, to a limit.
_FIRST_PATIENCE, _LAST_PATIENCE, _LEAST_SECONDS, _PAUSE = 3.0, 12.0, 0.1, 0.2
# What librdkafka does not call retriable and yet passes: brokers are away, or a partition has no leader for a moment.
_PASSING = frozenset(
    {
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_CONTROLLER,
        KafkaError.NOT_COORDINATOR,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._NOENT,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        # Just added, and not every broker knows of it yet.
        KafkaError._UNKNOWN_PARTITION,
    }
)


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


@dataclass(frozen=True)
class Member:
    """A member of a consumer group: its fixed name or its client id, where it runs, and what it reads."""

    name: str
    host: str
    partitions: tuple[Partition, ...]


def named_servers(settings: Settings) -> str:
    """The brokers that the settings name.

    Raises:
        SinkMisconfigured: they name none.
    """
    if settings.kafka_bootstrap_servers is None:
        raise SinkMisconfigured("no brokers are named: run 'vigil up', or set KAFKA_BOOTSTRAP_SERVERS")
    return settings.kafka_bootstrap_servers


class Broker:
    """Questions to the brokers. ``seconds`` bounds each answer; so does ``stop``, until there is a first one.

    Raises (every method):
        BrokerRefuses: certificate, login or protocol are not as the broker wants them; at the first question at once.
        BrokerSilent: no answer in time.
        TopicMissing, TopicDenied: the broker has no such topic, or does not let this user read it.
    """

    def __init__(
        self, bootstrap_servers: str, settings: Mapping[str, Any], seconds: float, stop: threading.Event | None = None
    ) -> None:
        self._servers = bootstrap_servers
        self._settings = {**connection_settings(settings), "bootstrap.servers": bootstrap_servers}
        self._told = Told(self._settings)
        self._answered = False
        try:
            self._admin = self._client()
        except KafkaException as error:
            raise SinkMisconfigured(f"librdkafka refuses the kafka. settings: {error}") from error
        self._renewing = threading.Lock()
        self._seconds = seconds
        self._stop = stop or threading.Event()

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.__exit__(None, None, None)

    def cluster_id(self) -> str:
        """The id of the Kafka cluster."""
        return str(self._ask("cluster", lambda admin, seconds: admin.describe_cluster().result(seconds)).cluster_id)

    def names(self) -> list[str]:
        """The names of all topics that may be seen."""
        return list(self._ask("topics", lambda admin, seconds: admin.list_topics(timeout=seconds)).topics)

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """The topics of those names."""
        asked = list(names)

        def question(admin: AdminClient, seconds: float) -> dict[str, Topic]:
            futures = admin.describe_topics(TopicCollection(asked), include_authorized_operations=True)
            return {name: _topic(name, self._of(name, future, seconds)) for name, future in futures.items()}

        return self._ask(f"topics {', '.join(asked)}", question)

    def require_group(self, group: str) -> None:
        """Make sure that this user may be a member of the consumer group.

        Raises:
            GroupDenied: the brokers do not let it.
        """

        def question(admin: AdminClient, seconds: float) -> None:
            (future,) = admin.describe_consumer_groups([group], include_authorized_operations=True).values()
            try:
                allowed = future.result(seconds).authorized_operations
            except KafkaException as error:
                if error.args[0].code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                    raise group_denied(group) from error
                # A group without members is not known to newer brokers; joining it will tell.
                if error.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
                    raise
            else:
                if allowed and AclOperation.READ not in allowed:
                    raise group_denied(group)

        self._ask(f"the group {group!r}", question)

    def held(self, partitions: Iterable[Partition]) -> dict[Partition, Held]:
        """The offsets that each partition holds."""
        asked = [TopicPartition(*partition) for partition in partitions]
        earliest, latest = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
        starts = self._offsets(asked, earliest)
        ends = self._offsets(asked, latest)
        return {partition: Held(starts[partition], ends[partition]) for partition in starts}

    def newest(self, partitions: Iterable[Partition]) -> dict[Partition, datetime | None]:
        """The time (naive, UTC) of each partition's newest message; None where it is empty."""
        spec = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
        found = self._listed([TopicPartition(*partition) for partition in partitions], spec)
        return {partition: _time(each.timestamp) for partition, each in found.items()}

    def at_time(self, partitions: Iterable[Partition], time: datetime) -> dict[Partition, int]:
        """The first offset of each partition whose message is of that time (naive, UTC) or later, else its end."""
        asked = [TopicPartition(*partition) for partition in partitions]
        # Upwards: Kafka's times are milliseconds. Below 0 they would mean something else.
        milliseconds = max(-((_EPOCH - time) // timedelta(milliseconds=1)), 0)
        found = self._offsets(asked, OffsetSpec.for_timestamp(milliseconds))
        ends = self._offsets(asked, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        return {each: offset if offset >= 0 else ends[each] for each, offset in found.items()}

    def members(self, group: str) -> list[Member]:
        """Who is in the consumer group now; nobody where there is no such group."""

        def question(admin: AdminClient, seconds: float) -> ConsumerGroupDescription | None:
            try:
                found: ConsumerGroupDescription = admin.describe_consumer_groups([group])[group].result(seconds)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                    return None
                raise
            return found

        described = self._ask(f"group {group!r}", question)
        return [
            Member(
                each.group_instance_id or each.client_id,
                each.host.lstrip("/"),
                tuple(sorted(Partition(at.topic, at.partition) for at in each.assignment.topic_partitions)),
            )
            for each in (described.members if described else ())
        ]

    def _offsets(self, asked: list[TopicPartition], spec: OffsetSpec) -> dict[Partition, int]:
        return {partition: each.offset for partition, each in self._listed(asked, spec).items()}

    def _listed(self, asked: list[TopicPartition], spec: OffsetSpec) -> dict[Partition, ListOffsetsResultInfo]:
        if not asked:
            return {}

        def question(admin: AdminClient, seconds: float) -> dict[Partition, ListOffsetsResultInfo]:
            futures = admin.list_offsets(dict.fromkeys(asked, spec), isolation_level=IsolationLevel.READ_COMMITTED)
            return {
                Partition(each.topic, each.partition): self._of(each.topic, future, seconds)
                for each, future in futures.items()
            }

        return self._ask(f"offsets of {', '.join(sorted({each.topic for each in asked}))}", question)

    def _of(self, topic: str, future: Future[T], seconds: float) -> T:
        try:
            return future.result(seconds)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                near = get_close_matches(topic, self._admin.list_topics(timeout=seconds).topics, 1)
                meant = f" (is {near[0]!r} meant?)" if near else ""
                raise TopicMissing(
                    topic, f"the brokers {self._servers} have no topic {topic!r}{meant}; create it, or correct its name"
                ) from error
            if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise topic_denied(topic, "Describe") from error
            raise

    def _ask(self, what: str, question: Callable[[AdminClient, float], T]) -> T:
        """The answer to ``question(admin, seconds)``, asked again while brokers are away or choose their leaders."""
        give_up, patience = time.monotonic() + self._seconds, _FIRST_PATIENCE
        while True:
            admin, left = self._admin, give_up - time.monotonic()
            if self._stop.is_set() and not self._answered:
                left = 0
            try:
                answer = question(admin, min(patience, max(left, _LEAST_SECONDS)))
            except KafkaException as error:
                self._raise_fault(admin, left, error)
                if left <= 0 or not (error.args[0].retriable() or error.args[0].code() in _PASSING):
                    raise BrokerSilent(f"the brokers {self._servers} do not tell about {what}: {error}") from error
                time.sleep(_PAUSE)
            except TimeoutError as error:
                self._raise_fault(admin, left - patience, error)
                if left <= patience:
                    why = f" ({self._told.last})" if self._told.last else ""
                    raise BrokerSilent(
                        f"the brokers {self._servers} did not tell about {what} in {self._seconds:g} s{why}; "
                        "see whether they run, and KAFKA_BOOTSTRAP_SERVERS"
                    ) from error
            else:
                self._answered = True
                self._told.clear()
                return answer
            self._renew(admin)
            patience = min(patience * 2, _LAST_PATIENCE)

    def _raise_fault(self, admin: AdminClient, left: float, error: Exception) -> None:
        """Say what is wrong with the connection, if it is known: at the start at once, later when no time is left."""
        admin.poll(0)
        if (not self._answered or left <= 0) and (fault := self._told.fault()):
            raise fault from error

    def _client(self) -> AdminClient:
        settings: dict[str, Any] = {**self._settings, "error_cb": self._told.error}
        return AdminClient(settings, logger=self._told.logger)

    def _renew(self, failed: AdminClient) -> None:
        """Go on with another client; the one that failed may wait for a broker that is gone, though others answer."""
        with self._renewing:
            if self._admin is failed:
                self._admin = self._client()


def topic_denied(topic: str, operation: str) -> TopicDenied:
    """The error that this user lacks the right to ``operation`` on the topic."""
    return TopicDenied(
        topic,
        f"the brokers do not let this user {operation} the topic {topic!r}: "
        "give it ACLs for Read and Describe on it, or name another user by the kafka. settings",
    )


def group_denied(group: str) -> GroupDenied:
    """The error that this user may not be a member of the group."""
    return GroupDenied(
        f"the brokers do not let this user Read the consumer group {group!r}: give it an ACL for Read on the group, or "
        "set another group"
    )


def _topic(name: str, described: TopicDescription) -> Topic:
    allowed = described.authorized_operations
    if allowed and AclOperation.READ not in allowed:
        raise topic_denied(name, "Read")
    numbers = sorted(each.id for each in described.partitions)
    return Topic(name, str(described.topic_id), tuple(Partition(name, number) for number in numbers))


def _time(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None) if milliseconds >= 0 else None
