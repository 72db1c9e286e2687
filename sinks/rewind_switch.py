"""The switch of a rewind: one transaction takes the old rows and dead letters away and brings the new."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from contracts import Contract
from lakehouse.second_names import KEPT, SecondNames
from sinks import ledger
from sinks.errors import RewindRefused
from sinks.lake_session import LakeSession
from sinks.progress import Counts, Event, Observer, Step
from sinks.rewind_plan import RewindPlan, identified
from sinks.rewind_queries import (
    DELETE_LETTERS,
    DELETE_ROWS,
    INSERT_LETTERS,
    LETTERS_READ,
    RECORDED,
    REPLACED_LETTERS,
    RESOLVED,
    ROWS_READ,
)

# How long sinks are asked to hold still for a switch that lost against one of them; see ``ledger.hold``.
HOLD_SECONDS = 60.0


@dataclass(frozen=True)
class Rewound:
    """What a rewind did: ``messages`` were read again and made ``rows_after`` rows and ``dead_letters_after``.

    ``kept`` counts rows and letters of the range that stay as they were: the topic has lost their messages to
    compaction, or somebody has resolved the letter. The lake at ``before_snapshot`` has all as it was.
    """

    commit_id: str
    messages: int
    rows_before: int
    rows_after: int
    dead_letters_before: int
    dead_letters_after: int
    kept: int
    before_snapshot: int
    rewound_at: datetime


@dataclass
class Prepared:
    """What the switch brings: rows and dead letters in files that nobody sees yet, all of the moment ``landed_at``.

    ``messages`` counts by partition what was read again, also those that somebody ``resolved``, which stay letters.
    """

    plan: RewindPlan
    contract: Contract
    by: str
    why: str
    commit_id: str
    landed_at: datetime
    resolved: list[tuple[int, int]]
    files: list[Path] = field(default_factory=list)
    letters: list[Path] = field(default_factory=list)
    messages: dict[int, int] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)

    def discard(self) -> None:
        """Remove the files; only of a switch that was surely not made."""
        for file in (*self.files, *self.letters):
            file.unlink(missing_ok=True)

    def event(self, step: Step) -> Event:
        """``step`` as an observer is told of it."""
        files = tuple(map(str, self.files))
        return Event(step, self.commit_id, {self.plan.topic: self.counts}, files, ranges=self.plan.ranges)


class Switch:
    """Makes one switch, once, however often it must be tried."""

    def __init__(self, session: LakeSession, names: SecondNames, prepared: Prepared, observe: Observer) -> None:
        self._session = session
        self._names = names
        self._prepared = prepared
        self._observe = observe
        self._held = False

    def make(self) -> Rewound:
        """Make the switch, and return what the ledger says of it.

        Raises:
            RewindRefused: what was read is no longer what must be landed; nothing was changed.
            CatalogSilent: the catalog stayed away; the ledger knows whether the switch was made.
        """
        rewound = self._session.insist(self._attempt)
        if self._held:
            self._session.insist(lambda connection, _: ledger.hold(connection, None, 0))
        self._tell(Step.COMMITTED)
        return rewound

    def _attempt(self, connection: duckdb.DuckDBPyConnection, attempt: int) -> Rewound:
        if attempt:
            self._tell(Step.REPEATED)
            # Dead letters of any topic would be in the way, so all sinks are asked.
            ledger.hold(connection, None, HOLD_SECONDS)
            self._held = True
            # That was a commit, so the one before is decided; DuckLake may have taken its files away all the same.
            self._names.put_back(connection, self._prepared.landed_at - KEPT)
        self._load(connection)
        try:
            table = f"landing/{self._prepared.contract.table}"
            self._names.commit(connection, (table, "ledger"), lambda: self._once(connection))
        except duckdb.TransactionException:
            self._tell(Step.CONFLICTED)
            raise
        return self._recorded(connection)

    def _once(self, connection: duckdb.DuckDBPyConnection) -> None:
        # In the same snapshot as all that follows: an attempt before may have gone through, its answer lost.
        if ledger.is_landed(connection, self._prepared.commit_id):
            self._tell(Step.CONFIRMED)
        else:
            self._transact(connection)

    def _load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Which offsets were read again."""
        connection.execute('create or replace temp table read_again (partition integer, "offset" bigint)')
        for files, statement in ((self._prepared.files, ROWS_READ), (self._prepared.letters, LETTERS_READ)):
            if files:
                connection.execute(statement, [list(map(str, files))])

    def _transact(self, connection: duckdb.DuckDBPyConnection) -> None:
        prepared, plan = self._prepared, self._prepared.plan
        before = connection.execute("select id from lake.current_snapshot()").fetchone()
        assert before is not None
        self._require_unchanged(connection)
        # Two rewinds that delete nothing would not conflict over anything else.
        connection.execute("update lake.ledger.registry set registrations = registrations")
        named = identified(plan.topic, plan.identity)
        bounds = {
            "lowest": min(each.first_offset for each in plan.partitions),
            "highest": max(each.next_offset for each in plan.partitions),
        }
        # The table's name comes from a contract and has only letters, digits and underscores.
        rows = _count(connection, DELETE_ROWS.replace("{table}", prepared.contract.table), named | bounds)
        letters = _count(connection, REPLACED_LETTERS, named)
        connection.execute(DELETE_LETTERS, named)
        for file in prepared.files:
            connection.execute(
                "call ducklake_add_data_files('lake', ?, ?, schema => 'landing', allow_missing => true)",
                [prepared.contract.table, str(file)],
            )
        self._tell(Step.REGISTERED)
        if prepared.letters:
            fresh = {"commit_id": prepared.commit_id, "landed_at": prepared.landed_at}
            connection.execute(
                INSERT_LETTERS,
                {"files": list(map(str, prepared.letters))}
                | fresh
                | {"cluster_id": plan.cluster_id, "topic_id": plan.topic_id},
            )
        self._record(connection, rows, letters, int(before[0]))
        self._tell(Step.PREPARED)

    def _require_unchanged(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What was landed when the rewind began is landed still, and nobody has settled a letter of it since."""
        prepared, plan = self._prepared, self._prepared.plan
        standing = {
            entry.partition: entry.next_offset
            for entry in ledger.entries(connection, [plan.topic])
            if entry.matches(plan.identity)
        }
        behind = [str(each) for each, wanted in plan.ranges.items() if standing.get(each, -1) < wanted.next]
        if behind:
            raise RewindRefused(
                f"the ledger no longer has {', '.join(behind)} of this topic as landed: was it made again meanwhile? "
                "Nothing was changed."
            )
        if connection.execute(RESOLVED, plan.parameters).fetchall() != prepared.resolved:
            raise RewindRefused(
                f"dead letters of {plan.topic} were resolved or replayed while the range was read; nothing was "
                "changed. Rewind again."
            )
        if _count(
            connection,
            "select count(*) from lake.ledger.commits where topic = $topic and committed_at = $at",
            {"topic": plan.topic, "at": prepared.landed_at},
        ):
            raise RewindRefused(
                f"something else of {plan.topic} landed in the very moment of this rewind, {prepared.landed_at}, so "
                "their rows could not be told apart; nothing was changed. Rewind again."
            )

    def _record(self, connection: duckdb.DuckDBPyConnection, rows: int, letters: int, before: int) -> None:
        prepared, plan = self._prepared, self._prepared.plan
        ranges = [
            {
                "partition": each.partition,
                "first_offset": each.first_offset,
                "next_offset": each.next_offset,
                "messages": prepared.messages.get(each.partition, 0),
            }
            for each in plan.partitions
        ]
        counts = prepared.counts
        connection.execute(
            "insert into lake.ledger.commits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                prepared.commit_id,
                f"rewind:{socket.gethostname()}:{os.getpid()}",
                plan.cluster_id,
                plan.topic,
                plan.topic_id,
                ranges,
                counts.rows,
                counts.dead_letters,
                plan.offsets - sum(prepared.messages.values()),
                None,
                prepared.landed_at,
            ],
        )
        connection.execute(
            "insert into lake.ledger.rewinds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                prepared.commit_id,
                plan.cluster_id,
                plan.topic,
                plan.topic_id,
                ranges,
                rows,
                counts.rows,
                letters,
                counts.dead_letters,
                plan.rows + plan.dead_letters - rows - letters,
                before,
                prepared.by,
                prepared.why,
                prepared.landed_at,
            ],
        )

    def _recorded(self, connection: duckdb.DuckDBPyConnection) -> Rewound:
        row = connection.execute(RECORDED, [self._prepared.commit_id]).fetchone()
        assert row is not None
        return Rewound(*row)

    def _tell(self, step: Step) -> None:
        self._observe(self._prepared.event(step))


def _count(connection: duckdb.DuckDBPyConnection, statement: str, parameters: dict[str, object]) -> int:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return int(row[0])
