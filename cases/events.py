"""Single events of compliance, put on their topics and waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from contracts import contract_for
from contracts.wire import encode

SECONDS = 30.0


class EventNotRecorded(Exception):
    """The broker did not take an event; it did not happen."""


def send(
    bootstrap_servers: str, topic: str, events: Sequence[Mapping[str, Any]], client: Mapping[str, Any] | None = None
) -> list[tuple[int, int]]:
    """Put ``events`` on ``topic`` and wait until the broker has them on all replicas.

    ``client`` holds further librdkafka settings, such as those of TLS.
    Returns their (partition, offset) in the order they were acknowledged.

    Raises:
        ContractError: an event does not fit the topic's contract; none was sent.
        EventNotRecorded: the broker refused one, or did not answer within ``SECONDS``.
    """
    encoded = [encode(contract_for(topic), event) for event in events]
    outcomes: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        {
            **(client or {}),
            "bootstrap.servers": bootstrap_servers,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
        }
    )
    for key, value in encoded:
        producer.produce(topic, key=key, value=value, on_delivery=lambda *outcome: outcomes.append(outcome))
    producer.flush(SECONDS)
    refused = [str(error) for error, _ in outcomes if error is not None]
    if refused or len(outcomes) < len(encoded):
        why = refused[0] if refused else f"no answer within {SECONDS:g} seconds"
        lost = len(encoded) - len(outcomes) + len(refused)
        raise EventNotRecorded(
            f"{lost} of {len(encoded)} events were not recorded on {topic}: {why}. "
            "Check the broker with 'vigil status' and run it again."
        )
    return [(int(message.partition() or 0), int(message.offset() or 0)) for _, message in outcomes]
