"""Replay: dead letters decoded again by today's contract; those that fit now land, each once, as if they had then."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import duckdb
import pyarrow as pa

from contracts import Contract, load
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.transactions import transaction
from sinks import ledger
from sinks.clock import Clock, utc_now
from sinks.config import SinkConfig
from sinks.dead_letter_queries import MARK, NEXT, SOURCES
from sinks.dead_letters import SERVICE_SECONDS, Selection, newest
from sinks.decoding.decoder import Decoder
from sinks.decoding.formats import decoder_for, registry_for
from sinks.decoding.registry import SchemaRegistry
from sinks.lake_session import LakeSession
from sinks.landing_tables import fit_rows, made_ready
from sinks.payloads import Payloads
from sinks.progress import Counts, Event, Observer, Step, nobody

# What one transaction replays at most; reconciling joins a commit's rows with its ranges, here often one an offset.
_LETTERS = 5_000
_BYTES = 64 * 1024 * 1024
NO_CONTRACT = "no_contract"


class _LettersMoved(duckdb.TransactionException):
    """Somebody settled some of these letters meanwhile; also raised as a conflict that is looked into."""


class Source(NamedTuple):
    """Where letters came from: names come again, the ids do not."""

    cluster_id: str
    topic: str
    topic_id: str


@dataclass(frozen=True)
class Replayed:
    """Letters of one topic that had the reason ``was`` and share one fate: landed, where ``reason`` is None, or still a
    dead letter, for ``reason`` (of which ``detail`` is an example)."""

    topic: str
    was: str
    reason: str | None
    letters: int
    detail: str | None


@dataclass(frozen=True)
class _Piece:
    """What one transaction replays: letters as the ledger has them, the rows that those ``landing`` become, and each
    letter's fate: the reason why it still does not fit (None if it does), and the detail."""

    source: Source
    letters: pa.Table
    landing: pa.Table
    rows: pa.Table
    fates: list[tuple[str | None, str | None]]
    table: str
    landed_at: datetime
    commit_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def last(self) -> tuple[int, int]:
        """Partition and offset of the last letter."""
        return self.letters["partition"][-1].as_py(), self.letters["offset"][-1].as_py()


def replay(
    settings: Settings,
    selection: Selection,
    *,
    observe: Observer = nobody,
    clock: Clock = utc_now,
    contracts: Mapping[str, Contract] | None = None,
    config: SinkConfig | None = None,
) -> list[Replayed]:
    """Land those of the selected open letters that fit their contract now; a resolved one only where it is named.

    Rows and marks move in one transaction for at most 5,000 letters, so that a replay that is killed or repeated, or
    two at once, land none twice. ``observe`` is told of each transaction as of a sink's batch. ``config``: the sink's,
    which says how messages are written on the wire.

    Raises:
        LetterUnknown: there is no such letter as is named, open or not.
        SchemaIncompatible, SchemaUnavailable: a letter's schema or the landing table does not fit, or the schema cannot
            be had.
        CatalogSilent: the catalog stayed away; what was landed before stays landed.
    """
    if selection.is_one:
        newest(settings, selection)
    known = load() if contracts is None else contracts
    config = config or SinkConfig()
    registry = registry_for(config)
    tally: dict[tuple[str, str, str | None], tuple[int, str | None]] = {}
    session = LakeSession(settings, SERVICE_SECONDS)
    try:
        sources = session.insist(lambda connection, _: _sources(connection, selection))
        parts = []
        for source in sources:
            contract = known.get(source.topic)
            parts.append(_Part(session, selection, source, contract, observe, clock))
        for part in parts:
            part.fit(config, registry)
        moment = datetime.min
        for source, part in zip(sources, parts, strict=True):
            for piece in part.replayed(moment):
                moment = piece.landed_at
                for was, (reason, detail) in zip(piece.letters["reason"].to_pylist(), piece.fates, strict=True):
                    letters, example = tally.get((source.topic, was, reason), (0, detail))
                    tally[source.topic, was, reason] = letters + 1, example
    finally:
        session.close()
    return [Replayed(*fate, letters, detail) for fate, (letters, detail) in tally.items()]


class _Part:
    """The letters of one source."""

    def __init__(
        self,
        session: LakeSession,
        selection: Selection,
        source: Source,
        contract: Contract | None,
        observe: Observer,
        clock: Clock,
    ) -> None:
        self._session = session
        self._selection = selection
        self._source = source
        self._contract = contract
        self._decoder: Decoder | None = None
        self._observe = observe
        self._clock = clock

    def fit(self, config: SinkConfig, registry: SchemaRegistry | None) -> None:
        """Let the landing table take, not rounded, what the contract has; raises SchemaIncompatible."""
        if self._contract is not None:
            contract = self._contract
            landed = self._session.insist(lambda connection, _: made_ready(connection, contract))
            self._decoder = decoder_for(contract, config, registry, landed)

    def replayed(self, moment: datetime) -> Iterator[_Piece]:
        """Piece after piece, each landed; every piece has a moment of its own, which tells its rows from others."""
        after = (-1, -1)
        while (piece := self._piece(after, moment)) is not None:
            yield piece
            after, moment = piece.last, piece.landed_at

    def _piece(self, after: tuple[int, int], moment: datetime) -> _Piece | None:
        tried: list[_Piece] = []

        def work(connection: duckdb.DuckDBPyConnection, _attempt: int) -> _Piece | None:
            letters = self._read(connection, after)
            # In this order: a lost commit that these letters do not show yet makes this attempt conflict.
            for former in tried:
                if ledger.is_landed(connection, former.commit_id):
                    self._tell(Step.CONFIRMED, former)
                    return former
            if not letters.num_rows:
                return None
            if tried:
                self._tell(Step.REPEATED, tried[-1])
            piece = self._decode(letters, moment)
            if piece.rows.num_rows:
                assert self._contract is not None
                fit_rows(connection, self._contract, piece.rows.schema)
                tried.append(piece)
                self._transact(connection, piece)
            return piece

        piece = self._session.insist(work)
        if piece is not None and piece.rows.num_rows:
            self._tell(Step.COMMITTED, piece)
        return piece

    def _read(self, connection: duckdb.DuckDBPyConnection, after: tuple[int, int]) -> pa.Table:
        parameters = self._selection.parameters | self._source._asdict()
        parameters |= {"after_partition": after[0], "after_offset": after[1], "letters": _LETTERS, "bytes": _BYTES}
        return connection.execute(NEXT, parameters).to_arrow_table()

    def _decode(self, letters: pa.Table, moment: datetime) -> _Piece:
        fates: list[tuple[str | None, str | None]] = [(None, None)] * letters.num_rows
        # Later than what is there, whatever the clocks: a row's moment says which commit landed it.
        earliest = max(moment, *letters["landed_at"].to_pylist()) + timedelta(microseconds=1)
        landed_at = max(self._clock(), earliest)
        if self._contract is None or self._decoder is None:
            unknown = NO_CONTRACT, f"topic {self._source.topic} has no contract"
            nothing = letters.slice(0, 0)
            return _Piece(self._source, letters, nothing, nothing, [unknown] * letters.num_rows, "", landed_at)
        decoded = self._decoder.decode(
            Payloads.of(letters["value"].to_pylist()), Payloads.of(letters["key"].to_pylist())
        )
        for each in decoded.rejected:
            fates[each.position] = each.reason, each.detail
        landing = letters.take(pa.array(decoded.positions))
        own = {
            "_partition": landing["partition"],
            "_offset": landing["offset"],
            "_timestamp": landing["timestamp"],
            "_headers": landing["headers"],
            "_landed_at": pa.repeat(pa.scalar(landed_at, pa.timestamp("us")), landing.num_rows),
        }
        columns = {name: decoded.table.column(name) for name in decoded.table.column_names} | own
        rows = pa.table(columns)
        return _Piece(self._source, letters, landing, rows, fates, self._contract.table, landed_at)

    def _transact(self, connection: duckdb.DuckDBPyConnection, piece: _Piece) -> None:
        with transaction(connection):
            connection.register("fresh_rows", piece.rows)
            # The table's name comes from a contract and has only letters, digits and underscores.
            connection.execute(f"insert into lake.landing.{piece.table} by name select * from fresh_rows")  # noqa: S608
            connection.unregister("fresh_rows")
            self._tell(Step.REGISTERED, piece)
            marked = _mark(connection, piece)
            if marked != piece.rows.num_rows:
                raise _LettersMoved(f"{marked} of {piece.rows.num_rows} letters stand as they were read")
            _record(connection, piece)
            self._tell(Step.PREPARED, piece)

    def _tell(self, step: Step, piece: _Piece) -> None:
        self._observe(Event(step, piece.commit_id, {self._source.topic: Counts(rows=piece.rows.num_rows)}))


def _sources(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[Source]:
    prepare(connection, ())
    return [Source(*row) for row in connection.execute(SOURCES, selection.parameters).fetchall()]


def _mark(connection: duckdb.DuckDBPyConnection, piece: _Piece) -> int:
    marked = connection.execute(
        MARK,
        piece.source._asdict()
        | {
            "commit_id": piece.commit_id,
            "at": piece.landed_at,
            "partitions": piece.landing["partition"].to_pylist(),
            "offsets": piece.landing["offset"].to_pylist(),
            "resolutions": piece.landing["resolved_at"].to_pylist(),
        },
    ).fetchone()
    assert marked is not None
    return int(marked[0])


def _record(connection: duckdb.DuckDBPyConnection, piece: _Piece) -> None:
    """A commit like a sink's, whose ranges hold what was landed and nothing else."""
    ranges: list[dict[str, int]] = []
    for partition, offset in zip(
        piece.landing["partition"].to_pylist(), piece.landing["offset"].to_pylist(), strict=True
    ):
        if ranges and (ranges[-1]["partition"], ranges[-1]["next_offset"]) == (partition, offset):
            ranges[-1]["next_offset"] += 1
            ranges[-1]["messages"] += 1
        else:
            ranges.append({"partition": partition, "first_offset": offset, "next_offset": offset + 1, "messages": 1})
    connection.execute(
        "insert into lake.ledger.commits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            piece.commit_id,
            f"replay:{socket.gethostname()}:{os.getpid()}",
            piece.source.cluster_id,
            piece.source.topic,
            piece.source.topic_id,
            ranges,
            piece.rows.num_rows,
            0,
            0,
            None,
            piece.landed_at,
        ],
    )
