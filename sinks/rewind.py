"""Rewind: a range of a topic landed again by today's contract, as one switch."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa

from contracts import Contract, contract_for
from lakehouse.attach import INLINING_ROW_LIMIT
from lakehouse.second_names import SecondNames
from lakehouse.settings import Settings
from sinks.broker import Broker, named_servers
from sinks.clock import Clock, utc_now
from sinks.config import SinkConfig
from sinks.decoding.formats import decoder_for, registry_for
from sinks.encoding import Encoder
from sinks.errors import RewindRefused, SinkMisconfigured
from sinks.lake_session import LakeSession
from sinks.landing_tables import LandingTables, made_ready
from sinks.parquet import FileWriter
from sinks.progress import Observer, Step, nobody
from sinks.range_reader import read_ranges
from sinks.records import Batch, joined
from sinks.rewind_plan import RewindPlan, Wanted, plan
from sinks.rewind_queries import RESOLVED
from sinks.rewind_switch import Prepared, Rewound, Switch


def rewind(
    config: SinkConfig,
    settings: Settings,
    wanted: Wanted,
    *,
    by: str,
    why: str,
    observe: Observer = nobody,
    clock: Clock = utc_now,
    contracts: Mapping[str, Contract] | None = None,
) -> Rewound:
    """Read what is ``wanted`` from the topic again and replace what the lake has of it, in one transaction.

    Readers see all old rows or all new ones. Until the switch nothing is written but files that nobody sees. Old rows
    stay in time travel. What the topic no longer has by compaction stays, and so do letters that somebody resolved.
    Sinks may run: they land what comes behind, and at most repeat a commit. ``config`` says how to read; its
    ``batch_rows`` and ``batch_bytes`` bound the memory.

    Raises:
        RewindRefused: the range was not landed, is no longer in the topic, or changed while it was read.
        SinkMisconfigured: ``by`` or ``why`` is empty.
        TopicStopped: the landing table cannot take such rows, the topic is not there, or its messages have a schema
            that the contract cannot take.
        TopicWaits: a message's schema cannot be had now.
        SinkError: the brokers or the catalog do not answer; nothing was changed unless the ledger says so.
    """
    if not by.strip() or not why.strip():
        raise SinkMisconfigured("a rewind goes on record: say who rewinds with --by and why with --reason")
    contract = contracts[wanted.topic] if contracts else contract_for(wanted.topic)
    # The switch is the one long statement of landing: with all cores it is over the sooner. It may delete millions of
    # rows, which take a moment as files and minutes as lines of the catalog.
    session = LakeSession(settings, config.service_seconds, settings.threads, INLINING_ROW_LIMIT)
    with Broker(named_servers(settings), config.kafka, config.service_seconds) as broker:
        try:
            landed = session.insist(lambda connection, _: made_ready(connection, contract))
            prepared = session.insist(
                lambda connection, _: _begin(connection, broker, contract, wanted, by, why, clock)
            )
            try:
                _read(config, settings, session, broker, prepared, landed, observe)
            except BaseException:
                prepared.discard()
                raise
            rewound = Switch(session, SecondNames(settings.lake_data_path), prepared, observe).make()
            for file in prepared.letters:
                file.unlink(missing_ok=True)
            return rewound
        finally:
            session.close()


def plan_rewind(
    config: SinkConfig, settings: Settings, wanted: Wanted, *, contracts: Mapping[str, Contract] | None = None
) -> RewindPlan:
    """What ``rewind`` would do; changes nothing. Raises as it does."""
    contract = contracts[wanted.topic] if contracts else contract_for(wanted.topic)
    session = LakeSession(settings, config.service_seconds)
    with Broker(named_servers(settings), config.kafka, config.service_seconds) as broker:
        try:
            return session.insist(lambda connection, _: plan(connection, broker, contract, wanted))
        finally:
            session.close()


def _begin(
    connection: duckdb.DuckDBPyConnection,
    broker: Broker,
    contract: Contract,
    wanted: Wanted,
    by: str,
    why: str,
    clock: Clock,
) -> Prepared:
    found = plan(connection, broker, contract, wanted)
    newest = connection.execute(
        "select max(committed_at) from lake.ledger.commits where topic = ?", [wanted.topic]
    ).fetchone()
    assert newest is not None
    # A row's moment tells which commit landed it, so this one is later than all before, whatever the clocks.
    landed_at = max(clock(), newest[0] + timedelta(microseconds=1))
    resolved = connection.execute(RESOLVED, found.parameters).fetchall()
    return Prepared(found, contract, by, why, uuid.uuid4().hex, landed_at, resolved)


def _read(
    config: SinkConfig,
    settings: Settings,
    session: LakeSession,
    broker: Broker,
    prepared: Prepared,
    landed: list[pa.Field],
    observe: Observer,
) -> None:
    """Read the ranges again, batch by batch, into files."""
    topic, contract = prepared.plan.topic, prepared.contract
    config = config.model_copy(update={"topics": (topic,), "inline_rows": 0})
    writer = FileWriter(settings.lake_data_path)
    tables = LandingTables(session)
    decoders = {topic: decoder_for(contract, config, registry_for(config), landed)}
    identity = prepared.plan.identity
    encoder = Encoder(config, {topic: contract}, decoders, writer, broker, identity, lambda: prepared.landed_at)
    for number, batch in enumerate(read_ranges(config, named_servers(settings), prepared.plan.ranges)):
        ((partition, span),) = batch.ranges.items()
        records = batch.records[topic]
        prepared.messages[partition.number] = prepared.messages.get(partition.number, 0) + len(records)
        settled = [offset for each, offset in prepared.resolved if each == partition.number]
        records = records.take(np.flatnonzero(~np.isin(joined(records.offsets), settled)))
        name = f"{prepared.commit_id}-{number}"
        encoded = encoder.encode(Batch({topic: records}, {partition: span}, commit_id=name))
        for failure in encoded.failures:
            raise failure
        if sum(part.counts.rows + part.counts.dead_letters for part in encoded.parts) != len(records):
            raise RewindRefused(f"{partition}: not all messages from {span.first} to {span.next - 1} could be decoded")
        for part in encoded.parts:
            if part.file:
                prepared.files.append(part.file)
                tables.fit(contract, part.rows.schema, threading.Event())
            if part.dead_letters.num_rows:
                prepared.letters.append(writer.write(part.dead_letters, contract.table, f"{name}-letters"))
            prepared.counts += part.counts
        observe(prepared.event(Step.ENCODED))
