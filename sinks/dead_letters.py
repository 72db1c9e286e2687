"""Dead letters: what could not land, as an operator lists, reads and resolves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from sinks.clock import Clock, utc_now
from sinks.dead_letter_queries import GROUPS, NEWEST, RESOLVE, RESOLVED
from sinks.decoding.decoder import REASONS
from sinks.errors import LetterLanded, LetterUnknown, SinkMisconfigured
from sinks.lake_session import LakeSession

SERVICE_SECONDS = 120.0


@dataclass(frozen=True)
class Selection:
    """Dead letters by topic, by reason, or one by its topic, partition and offset; None takes any.

    Raises:
        SinkMisconfigured: a partition without an offset or topic, or a reason that there is not.
    """

    topic: str | None = None
    reason: str | None = None
    partition: int | None = None
    offset: int | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason not in REASONS:
            raise SinkMisconfigured(f"no dead letter has the reason {self.reason!r}; there are {', '.join(REASONS)}")
        if (self.partition is None) != (self.offset is None) or (self.is_one and self.topic is None):
            raise SinkMisconfigured(
                f"topic {self.topic}, partition {self.partition}, offset {self.offset} name no dead letter: "
                "give all three, or neither partition nor offset"
            )

    @property
    def is_one(self) -> bool:
        """Whether it names a single letter."""
        return self.offset is not None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the queries bind."""
        return {"topic": self.topic, "reason": self.reason, "partition": self.partition, "offset": self.offset}

    def __str__(self) -> str:
        place = f"{self.topic or 'any topic'}{f'[{self.partition}] at offset {self.offset}' if self.is_one else ''}"
        return place + (f" with the reason {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class LetterGroup:
    """The letters of one topic and reason, and what came of them: ``open`` + ``replayed`` + ``resolved`` = all."""

    topic: str
    reason: str
    letters: int
    open: int
    replayed: int
    resolved: int
    first_landed: datetime
    last_landed: datetime


@dataclass(frozen=True)
class Letter:
    """One dead letter, byte for byte as it came; ``standing`` is open, replayed or resolved.

    ``commit_id`` is of the commit that set it aside, ``replay_commit_id`` of the one that landed it. ``headers`` are a
    JSON object. Times are UTC without a zone; ``timestamp`` is Kafka's.
    """

    commit_id: str
    cluster_id: str
    topic: str
    topic_id: str
    partition: int
    offset: int
    timestamp: datetime | None
    key: bytes | None
    value: bytes | None
    headers: str | None
    reason: str
    detail: str
    landed_at: datetime
    replay_commit_id: str | None
    replayed_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    resolved_at: datetime | None
    standing: str


def groups(settings: Settings, selection: Selection) -> list[LetterGroup]:
    """The selected letters by topic and reason."""
    with connect(settings) as connection:
        prepare(connection, ())
        return [LetterGroup(**row) for row in _rows(connection, GROUPS, selection.parameters)]


def newest(settings: Settings, selection: Selection) -> Letter:
    """The newest of the selected letters.

    Raises:
        LetterUnknown: there is none.
    """
    with connect(settings) as connection:
        prepare(connection, ())
        found = _rows(connection, NEWEST, selection.parameters)
    if not found:
        raise unknown(selection)
    return Letter(**found[0])


def resolve(settings: Settings, selection: Selection, *, by: str, why: str, clock: Clock = utc_now) -> int:
    """Settle the selected open letters without landing them; returns how many, 0 if they were settled before.

    Raises:
        LetterUnknown: no letter, open or not, is meant.
        LetterLanded: the one that is named has landed.
        SinkMisconfigured: nobody is named, or no reason is given.
    """
    if not by.strip() or not why.strip():
        raise SinkMisconfigured(f"resolving {selection} goes on record: name who resolves (--by) and why (--reason)")
    session = LakeSession(settings, SERVICE_SECONDS)
    # Of this call alone, so that a call whose answer was lost finds what it did.
    at = clock()

    def work(connection: duckdb.DuckDBPyConnection, _attempt: int) -> int:
        prepare(connection, ())
        known = _rows(connection, NEWEST, selection.parameters)
        if not known:
            raise unknown(selection)
        if selection.is_one and known[0]["standing"] == "replayed":
            raise LetterLanded(
                f"the dead letter {selection} has landed by the replay {known[0]['replay_commit_id']}; "
                "there is nothing left to resolve"
            )
        mine = {"by": by, "why": why, "at": at}
        connection.execute(RESOLVE, selection.parameters | mine)
        settled = connection.execute(RESOLVED, selection.parameters | mine).fetchone()
        assert settled is not None
        return int(settled[0])

    try:
        return session.insist(work)
    finally:
        session.close()


def unknown(selection: Selection) -> LetterUnknown:
    """The error of a selection that is empty."""
    return LetterUnknown(f"there is no dead letter of {selection}; 'vigil dead-letters list' shows what there is")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
