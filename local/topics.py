"""Topics: made where they are missing, left alone where they exist."""

import time
from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local.errors import TopicFailed

TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.05


def ensure_topics(
    bootstrap_servers: str,
    partitions: Mapping[str, int],
    config: Mapping[str, str] | None = None,
    client: Mapping[str, str] | None = None,
    replication_factor: int = -1,
) -> tuple[str, ...]:
    """Create each topic of `partitions` (name to number of partitions) that does not exist; returns those created.

    An existing topic keeps its partitions and its `config`. Every topic has a leader in each partition on return.
    `client` holds further librdkafka settings (security, for example); a `replication_factor` of -1 is the broker's
    default. Raises TopicFailed.
    """
    with AdminClient({**(client or {}), "bootstrap.servers": bootstrap_servers}) as admin:
        created = [
            name
            for name, count in partitions.items()
            if _create(admin, NewTopic(name, count, replication_factor, config=dict(config or {})))
        ]
        _wait_for_leaders(admin, set(partitions), bootstrap_servers)
    return tuple(created)


def _create(admin: AdminClient, topic: NewTopic) -> bool:
    try:
        admin.create_topics([topic], operation_timeout=TIMEOUT_SECONDS)[topic.topic].result(TIMEOUT_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise TopicFailed(f"Topic {topic.topic} could not be created: {error}") from error
    return True


def _wait_for_leaders(admin: AdminClient, names: set[str], bootstrap_servers: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        known = admin.list_topics(timeout=TIMEOUT_SECONDS).topics
        waiting = sorted(
            name
            for name in names
            if name not in known
            or not known[name].partitions
            or any(each.leader < 0 for each in known[name].partitions.values())
        )
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise TopicFailed(
                f"No leader within {TIMEOUT_SECONDS:.0f} s for {', '.join(waiting)} on {bootstrap_servers}:"
                " see the broker's log."
            )
        time.sleep(POLL_SECONDS)
