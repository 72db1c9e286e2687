"""Gaps: offsets that were lost before they were landed, accepted by an operator and kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.transactions import transaction
from sinks import ledger
from sinks.broker import Broker, Held, named_servers
from sinks.clock import Clock, utc_now
from sinks.errors import SinkError
from sinks.lake_session import LakeSession
from sinks.ledger import Entry, Identity
from sinks.records import Partition, Range

SERVICE_SECONDS = 30.0


class NothingToAccept(SinkError):
    """The topic continues what was landed."""


@dataclass(frozen=True)
class Gap:
    """Offsets from ``first`` up to, not including, ``next`` that will never be landed.

    ``next`` is None where the topic ended, by being deleted or moved: nobody knows how many followed.
    """

    partition: Partition
    topic_id: str
    first: int
    next: int | None


@dataclass(frozen=True)
class Acceptance:
    """Who lets landing of ``topic`` go on without what is gone, why, and when."""

    topic: str
    accepted_by: str
    reason: str
    accepted_at: datetime


def accept_gap(
    settings: Settings,
    topic: str,
    *,
    accepted_by: str,
    reason: str,
    kafka: Mapping[str, Any] | None = None,
    clock: Clock = utc_now,
) -> list[Gap]:
    """Let landing of ``topic`` go on without what is no longer there; returns the gaps, now in ``lake.ledger.gaps``.

    Where offsets were removed from a partition, landing goes on at its beginning. Where the topic was deleted and made
    again, or moved to another cluster, the old one is closed and landing goes on at the beginning of the new one.

    Raises:
        NothingToAccept: nothing is missing, or more was landed than the topic now holds (which no gap explains).
        SinkError: the broker or the catalog do not answer.
    """
    with Broker(named_servers(settings), kafka or {}, SERVICE_SECONDS) as broker:
        described = broker.topics([topic])[topic]
        identity = Identity(broker.cluster_id(), {topic: described.topic_id})
        held = broker.held(described.partitions)
    session = LakeSession(settings, SERVICE_SECONDS)
    acceptance = Acceptance(topic, accepted_by, reason, clock())

    def work(connection: duckdb.DuckDBPyConnection, attempt: int) -> list[Gap]:
        # The answer to the attempt before may have been lost, not the attempt.
        if attempt and (accepted := _accepted(connection, acceptance)):
            return accepted
        prepare(connection, ())
        return _transact(connection, identity, held, acceptance)

    try:
        return session.insist(work)
    finally:
        session.close()


def _accepted(connection: duckdb.DuckDBPyConnection, acceptance: Acceptance) -> list[Gap]:
    """The gaps that this acceptance has recorded."""
    rows = connection.execute(
        """
            select partition, topic_id, from_offset, to_offset
            from lake.ledger.gaps
            where topic = ? and accepted_by = ? and reason = ? and accepted_at = ?
            order by all
        """,
        [acceptance.topic, acceptance.accepted_by, acceptance.reason, acceptance.accepted_at],
    ).fetchall()
    return [Gap(Partition(acceptance.topic, number), topic_id, first, past) for number, topic_id, first, past in rows]


def _transact(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    held: Mapping[Partition, Held],
    acceptance: Acceptance,
) -> list[Gap]:
    with transaction(connection):
        gaps = _close_gaps(connection, identity, held, acceptance.topic, acceptance.accepted_at)
        for gap in gaps:
            connection.execute(
                "insert into lake.ledger.gaps values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    identity.cluster_id,
                    acceptance.topic,
                    gap.topic_id,
                    gap.partition.number,
                    gap.first,
                    gap.next,
                    acceptance.reason,
                    acceptance.accepted_by,
                    acceptance.accepted_at,
                ],
            )
    return gaps


def _close_gaps(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    held: Mapping[Partition, Held],
    topic: str,
    at: datetime,
) -> list[Gap]:
    entries = ledger.entries(connection, [topic])
    current = [entry for entry in entries if entry.matches(identity)]
    former = [entry for entry in entries if not entry.matches(identity)]
    if former:
        # Their rows go, so that a sink that still holds messages of the old topic is fenced.
        ledger.remove(connection, former)
        fresh = {partition: each.start for partition, each in held.items() if partition not in _partitions(current)}
        ledger.add(connection, identity, fresh, at)
        return [Gap(entry.partition, entry.topic_id, entry.next_offset, None) for entry in former]
    behind = [entry for entry in current if entry.next_offset < held[entry.partition].start]
    if not behind:
        raise NothingToAccept(
            f"topic {topic} still holds everything that was not landed yet; there is no gap to accept"
        )
    moves = {entry.partition: Range(entry.next_offset, held[entry.partition].start) for entry in behind}
    if ledger.advance(connection, identity, moves, at) != len(moves):
        raise duckdb.TransactionException(f"the ledger of {topic} moved, or is held, while the gap was looked at")
    return [Gap(partition, identity.topic_ids[topic], each.first, each.next) for partition, each in moves.items()]


def _partitions(entries: list[Entry]) -> set[Partition]:
    return {entry.partition for entry in entries}
