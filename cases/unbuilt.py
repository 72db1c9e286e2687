"""Acts on a case that no build has folded into it yet: those landed since, and those still on the topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from cases.errors import TopicSilent
from contracts.decisions import TOPIC

SECONDS = 30.0

_LANDED = """
    select decision_id, act, officer_id, decided_at
    from lake.landing.compliance_decisions
    where case_id = $case_id and decision_id not in (select decision_id from lake.str.case_acts)
    qualify row_number() over (partition by decision_id order by _partition, _offset) = 1
    order by _partition, _offset
"""
# A topic that was made anew has rows of its former self, too; the newest counts.
_NEXT = "select partition, arg_max(next_offset, updated_at) from lake.ledger.offsets where topic = $topic group by all"


@dataclass(frozen=True)
class Act:
    """What a rule asks of an act; ``decided_at`` is naive UTC."""

    decision_id: str
    act: str
    officer_id: str
    decided_at: datetime


def unbuilt(
    connection: duckdb.DuckDBPyConnection, bootstrap_servers: str, case_id: str, client: Mapping[str, Any] | None = None
) -> list[Act]:
    """The acts on ``case_id`` that the lake's marts do not know, in order, each once; ``client`` as for ``send``.

    Raises:
        TopicSilent: the broker does not answer within ``SECONDS``.
    """
    landed = connection.execute(_LANDED, {"case_id": case_id}).fetchall()
    reached = dict(connection.execute(_NEXT, {"topic": TOPIC}).fetchall())
    known = {
        decision_id for (decision_id,) in connection.execute("select decision_id from lake.str.case_acts").fetchall()
    }
    found = {row[0]: Act(*row) for row in landed}
    try:
        for act in _waiting(bootstrap_servers, case_id, reached, client or {}):
            if act.decision_id not in known:
                found.setdefault(act.decision_id, act)
    except KafkaException as error:
        raise TopicSilent(
            f"the acts on {TOPIC} that have not landed yet cannot be read: {error}. "
            "Check the broker with 'vigil status' and run it again."
        ) from error
    return list(found.values())


def _waiting(
    bootstrap_servers: str, case_id: str, reached: Mapping[int, int], client: Mapping[str, Any]
) -> Iterator[Act]:
    """The acts on the topic behind what has landed. The group is named for form's sake: nothing is committed."""
    consumer = Consumer(
        {
            **client,
            "bootstrap.servers": bootstrap_servers,
            "group.id": "vigil-case",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    try:
        topic = consumer.list_topics(TOPIC, SECONDS).topics[TOPIC]
        if topic.error is not None:
            raise KafkaException(topic.error)
        left = set(topic.partitions)
        consumer.assign([TopicPartition(TOPIC, number, reached.get(number, 0)) for number in sorted(left)])
        while left:
            message = consumer.poll(SECONDS)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition() or 0)
            elif error is not None:
                raise KafkaException(error)
            elif message.key() == case_id.encode() and (act := _act(message.value())):
                yield act
    finally:
        consumer.close()


def _act(value: bytes | str | None) -> Act | None:
    """The act of a message; one that does not fit its contract becomes a dead letter, and so no act."""
    try:
        body = orjson.loads(value or b"")
        decided_at = datetime.fromisoformat(body["decided_at"]).astimezone(UTC).replace(tzinfo=None)
        return Act(str(body["decision_id"]), str(body["act"]), str(body["officer_id"]), decided_at)
    except (ValueError, KeyError, TypeError):
        return None
