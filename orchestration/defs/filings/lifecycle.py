"""The first step in a filing's life, 'generated', as an event on its topic."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
from confluent_kafka import KafkaError, Message, Producer

from contracts import contract_for
from contracts.wire import encode
from lakehouse.settings import Settings
from reports.outbox import Filing

TOPIC = "compliance.filings"
SECONDS = 30.0


class FilingNotAnnounced(Exception):
    """The broker did not take the step; the filing is in the outbox, and the next run announces it."""


def announce(connection: duckdb.DuckDBPyConnection, settings: Settings, filings: Sequence[Filing], at: datetime) -> int:
    """Put 'generated' on the topic for those of ``filings`` whose step has not landed yet; returns how many.

    Asked again before the step has landed, it sends the same ``event_id`` again, which staging keeps once.

    Raises:
        FilingNotAnnounced: the broker refused one, or did not answer within ``SECONDS``.
    """
    landed = {
        event_id
        for (event_id,) in connection.execute("select event_id from lake.landing.compliance_filings").fetchall()
    }
    waiting = [event for event in (_generated(filing, at) for filing in filings) if event["event_id"] not in landed]
    if not waiting:
        return 0
    outcomes: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
        }
    )
    for event in waiting:
        key, value = encode(contract_for(TOPIC), event)
        producer.produce(TOPIC, key=key, value=value, on_delivery=lambda *outcome: outcomes.append(outcome))
    producer.flush(SECONDS)
    taken = sum(error is None for error, _ in outcomes)
    if taken < len(waiting):
        why = next((str(error) for error, _ in outcomes if error), f"no answer within {SECONDS:g} s")
        raise FilingNotAnnounced(
            f"{len(waiting) - taken} of {len(waiting)} filings were not announced on {TOPIC}: {why}. Run the job again."
        )
    return taken


def _generated(filing: Filing, at: datetime) -> dict[str, Any]:
    told = "|".join((filing.filing_ref, "generated", filing.sha256))
    return {
        "event_id": "F-" + hashlib.sha256(told.encode()).hexdigest()[:20],
        "filing_ref": filing.filing_ref,
        "case_id": filing.case_id,
        "profile": filing.profile,
        "status": "generated",
        "pin": filing.pin,
        "sha256": filing.sha256,
        "occurred_at": at,
    }
