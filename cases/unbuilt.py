"""Acts on a case, or another matter, that no build has folded into it yet: landed since, or still on the topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from cases.errors import TopicSilent
from cases.matters import CASES, Matter

SECONDS = 30.0

# A topic that was made anew has rows of its former self, too; the newest counts.
_NEXT = "select partition, arg_max(next_offset, updated_at) from lake.ledger.offsets where topic = $topic group by all"


@dataclass(frozen=True)
class Act:
    """What a rule asks of an act; times are naive UTC, and ``content`` is what the act cannot be without."""

    act_id: str
    act: str
    officer_id: str
    decided_at: datetime
    sent_at: datetime
    transaction_ids: Sequence[str]
    content: str


def unbuilt(
    connection: duckdb.DuckDBPyConnection,
    bootstrap_servers: str,
    about_id: str,
    client: Mapping[str, Any] | None = None,
    matter: Matter = CASES,
) -> list[Act]:
    """The acts on ``about_id`` that the lake's marts do not know, in order, each once; ``client`` as for ``send``.

    Raises:
        TopicSilent: the broker does not answer within ``SECONDS``.
    """
    landed = connection.execute(matter.landed, {"about_id": about_id}).fetchall()
    reached = dict(connection.execute(_NEXT, {"topic": matter.topic}).fetchall())
    known = {act_id for (act_id,) in connection.execute(matter.known, {"about_id": about_id}).fetchall()}
    found = {row[0]: Act(*row) for row in landed}
    try:
        for act in _waiting(bootstrap_servers, matter, about_id, reached, client or {}):
            if act.act_id not in known:
                found.setdefault(act.act_id, act)
    except KafkaException as error:
        raise TopicSilent(
            f"the acts on {matter.topic} that have not landed yet cannot be read: {error}. "
            "Check the broker with 'vigil status' and run it again."
        ) from error
    return list(found.values())


def _waiting(
    bootstrap_servers: str, matter: Matter, about_id: str, reached: Mapping[int, int], client: Mapping[str, Any]
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
        topic = consumer.list_topics(matter.topic, SECONDS).topics[matter.topic]
        if topic.error is not None:
            raise KafkaException(topic.error)
        left = set(topic.partitions)
        consumer.assign([TopicPartition(matter.topic, number, reached.get(number, 0)) for number in sorted(left)])
        while left:
            message = consumer.poll(SECONDS)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition() or 0)
            elif error is not None:
                raise KafkaException(error)
            elif message.key() == about_id.encode() and (act := _act(message, matter)):
                yield act
    finally:
        consumer.close()


def _act(message: Message, matter: Matter) -> Act | None:
    """The act of a message; one that does not fit its contract becomes a dead letter, and so no act."""
    try:
        body = orjson.loads(message.value() or b"")
        act = str(body["act"])
        return Act(
            str(body[matter.act_key]),
            act,
            str(body["officer_id"]),
            datetime.fromisoformat(body["decided_at"]).astimezone(UTC).replace(tzinfo=None),
            datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC).replace(tzinfo=None),
            [str(each["transaction_id"]) for each in body.get("transactions") or []],
            str(body.get(matter.contents[act]) or "") if act in matter.contents else act,
        )
    except (ValueError, KeyError, TypeError):
        return None
