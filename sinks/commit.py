"""The third stage: one short transaction moves the rows, the dead letters and the ledger, or none of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

import duckdb

from lakehouse.transactions import transaction
from sinks import ledger
from sinks.encoding import Encoded
from sinks.lake_session import LakeSession
from sinks.landing_tables import LandingTables
from sinks.ledger import Identity
from sinks.progress import Counts, Event, Observer, Step


class Outcome(Enum):
    """How a commit ended."""

    LANDED = "landed"
    FENCED = "fenced"


class _LedgerMoved(duckdb.TransactionException):
    """The ledger is not where this batch begins; also raised as a conflict that is looked into."""


class Committer:
    """Commits the batches of one sink, one after another.

    Whatever goes wrong, the next attempt first asks the ledger. It stands where the batch begins: the same short
    transaction is repeated. It stands elsewhere and has the commit id: the transaction went through although its answer
    was lost. It stands elsewhere and has it not: another sink has landed these messages, so this one is fenced.
    """

    def __init__(
        self, session: LakeSession, identity: Identity, sink_id: str, observe: Observer, abandon: threading.Event
    ) -> None:
        self._session = session
        self._tables = LandingTables(session)
        self._identity = identity
        self._sink_id = sink_id
        self._observe = observe
        self._abandon = abandon

    def commit(self, encoded: Encoded) -> Outcome:
        """Land ``encoded``, or learn that another sink did.

        Before that, in transactions of their own, landing tables get the columns that the rows have beyond theirs.

        Raises:
            SchemaIncompatible: a landing table cannot take the rows; nothing of ``encoded`` was tried.
            CatalogSilent: the catalog stayed away; whether the batch landed is for the next start to see.
        """

        def work(connection: duckdb.DuckDBPyConnection, attempt: int) -> Outcome:
            if attempt:
                # In this order: a lost commit may still go through between two looks. Once the ledger has moved,
                # whoever moved it has committed, and the commit's own row shows whether that was this batch.
                if not self._stands_as_expected(connection, encoded):
                    landed = ledger.is_landed(connection, encoded.batch.commit_id)
                    self._tell(Step.CONFIRMED if landed else Step.FENCED, encoded)
                    return Outcome.LANDED if landed else Outcome.FENCED
                self._tell(Step.REPEATED, encoded)
            self._transact(connection, encoded)
            return Outcome.LANDED

        began = time.monotonic()
        for part in encoded.parts:
            if part.counts.rows and (grown := self._tables.fit(part.contract, part.rows.schema, self._abandon)):
                self._observe(Event(Step.GROWN, "", {part.contract.topic: Counts()}, detail="; ".join(grown)))
        outcome = self._session.insist(work, self._abandon)
        if outcome is Outcome.LANDED:
            self._tell(Step.COMMITTED, encoded, encoded.reasons, time.monotonic() - began)
        return outcome

    def _stands_as_expected(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> bool:
        ranges = encoded.batch.ranges
        standing = {
            entry.partition: entry.next_offset
            for entry in ledger.entries(connection, {partition.topic for partition in ranges})
            if entry.matches(self._identity)
        }
        return all(standing.get(partition) == each.first for partition, each in ranges.items())

    def _transact(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        try:
            with transaction(connection):
                self._register_rows(connection, encoded)
                self._tell(Step.REGISTERED, encoded)
                self._record_dead_letters(connection, encoded)
                moved = ledger.advance(connection, self._identity, encoded.batch.ranges, encoded.landed_at)
                if moved != len(encoded.batch.ranges):
                    raise _LedgerMoved(
                        f"{moved} of {len(encoded.batch.ranges)} partitions stand where the batch begins"
                    )
                self._record_commit(connection, encoded)
                self._tell(Step.PREPARED, encoded)
        except duckdb.TransactionException:
            self._tell(Step.CONFLICTED, encoded)
            raise

    def _register_rows(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        for part in encoded.parts:
            if part.file:
                connection.execute(
                    # Another sink may have given the table columns that this file's rows know nothing of.
                    "call ducklake_add_data_files('lake', ?, ?, schema => 'landing', allow_missing => true)",
                    [part.contract.table, str(part.file)],
                )
            elif part.rows.num_rows:
                connection.register("fresh_rows", part.rows)
                # The table's name comes from a contract and has only letters, digits and underscores.
                into = f"insert into lake.landing.{part.contract.table} by name select * from fresh_rows"  # noqa: S608
                connection.execute(into)
                connection.unregister("fresh_rows")

    def _record_dead_letters(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        for part in encoded.parts:
            if not part.dead_letters.num_rows:
                continue
            connection.register("fresh_dead_letters", part.dead_letters)
            connection.execute(
                """
                insert into lake.ledger.dead_letters by name
                select *, $commit_id as commit_id, $cluster_id as cluster_id, $topic_id as topic_id,
                    $landed_at::timestamp as landed_at
                from fresh_dead_letters
                """,
                {
                    "commit_id": encoded.batch.commit_id,
                    "cluster_id": self._identity.cluster_id,
                    "topic_id": self._identity.topic_ids[part.contract.topic],
                    "landed_at": encoded.landed_at,
                },
            )
            connection.unregister("fresh_dead_letters")

    def _record_commit(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        for part in encoded.parts:
            topic = part.contract.topic
            ranges = [
                {
                    "partition": partition.number,
                    "first_offset": each.first,
                    "next_offset": each.next,
                    "messages": part.messages.get(partition.number, 0),
                }
                for partition, each in encoded.batch.ranges.items()
                if partition.topic == topic
            ]
            counts = part.counts
            connection.execute(
                "insert into lake.ledger.commits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    encoded.batch.commit_id,
                    self._sink_id,
                    self._identity.cluster_id,
                    topic,
                    self._identity.topic_ids[topic],
                    ranges,
                    counts.rows,
                    counts.dead_letters,
                    counts.holes,
                    part.file.name if part.file else None,
                    encoded.landed_at,
                ],
            )

    def _tell(
        self,
        step: Step,
        encoded: Encoded,
        reasons: Mapping[str, Mapping[str, int]] | None = None,
        seconds: float | None = None,
    ) -> None:
        batch = encoded.batch
        told = Event(step, batch.commit_id, encoded.counts, encoded.files, ranges=batch.ranges, sizes=batch.sizes)
        self._observe(replace(told, reasons=reasons or {}, seconds=seconds))
