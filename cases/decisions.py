"""An officer's act on a case, put on the decisions topic: the topic is the case's history."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from contracts import contract_for
from contracts.wire import encode

TOPIC = "compliance.decisions"


class DecisionNotRecorded(Exception):
    """The broker did not take the act; nothing was decided."""


def decision(
    case_id: str, act: str, officer_id: str, officer_role: str, decided_at: datetime, **more: Any
) -> dict[str, Any]:
    """The event of one act; ``more`` holds the contract's other fields (disposition, reason, narrative, assigned_to).

    The identifier is a digest of who did what to which case when, so that sending the same act again is seen as a
    repetition.
    """
    told = "|".join((case_id, act, officer_id, decided_at.isoformat()))
    return {
        "decision_id": "D-" + hashlib.sha256(told.encode()).hexdigest()[:20],
        "case_id": case_id,
        "act": act,
        "officer_id": officer_id,
        "officer_role": officer_role,
        "decided_at": decided_at,
        **more,
    }


def record(bootstrap_servers: str, event: dict[str, Any]) -> tuple[int, int]:
    """Put the act on the topic and wait until the broker has it on all replicas; returns (partition, offset).

    Raises:
        ContractError: the act does not fit the contract.
        DecisionNotRecorded: the broker refused it, or did not answer within 30 seconds.
    """
    key, value = encode(contract_for(TOPIC), event)
    outcome: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        {"bootstrap.servers": bootstrap_servers, "enable.idempotence": True, "partitioner": "murmur2_random"}
    )
    producer.produce(TOPIC, key=key, value=value, on_delivery=lambda error, message: outcome.append((error, message)))
    producer.flush(30)
    if not outcome or outcome[0][0] is not None:
        why = outcome[0][0] if outcome else "no answer within 30 seconds"
        raise DecisionNotRecorded(
            f"{event['act']} on case {event['case_id']} was not recorded on {TOPIC}: {why}. Run it again."
        )
    message = outcome[0][1]
    return int(message.partition() or 0), int(message.offset() or 0)
