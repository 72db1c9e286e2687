"""The topics of a sink: those that its settings name, and those of the brokers that are under its patterns."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping

import duckdb
import pyarrow as pa

from contracts import Contract, contract_for, load
from lakehouse.schema import prepare
from sinks.broker import Broker
from sinks.config import SinkConfig
from sinks.decoding.decoder import Decoder
from sinks.decoding.formats import decoder_for, registry_for
from sinks.errors import SinkError, TopicStopped
from sinks.lake_session import LakeSession
from sinks.landing_tables import evolved_columns
from sinks.ledger import Identity
from sinks.payloads import Payloads
from sinks.records import Partition
from sinks.topic_patterns import is_pattern, matched, under


class LandedTopics:
    """Contract, decoder, topic id and partitions of each topic. More come to it while the sink runs, none changes.

    Written by the thread that reads; a topic is here before anything of it is read.
    """

    def __init__(
        self,
        config: SinkConfig,
        contracts: Mapping[str, Contract] | None,
        registry_failed: Callable[[str], None],
    ) -> None:
        self._config = config
        self._registry = registry_for(config, registry_failed)
        self._patterns = [topic for topic in config.topics if is_pattern(topic)]
        self._known = load() if contracts is None and self._patterns else contracts or {}
        named = [topic for topic in config.topics if not is_pattern(topic)]
        self.contracts = {topic: contracts[topic] if contracts else contract_for(topic) for topic in named}
        self.decoders: dict[str, Decoder] = {}
        self.partitions: dict[str, tuple[Partition, ...]] = {}
        self._ids: dict[str, str] = {}

    @property
    def has_patterns(self) -> bool:
        """Whether topics may come up that are not known yet."""
        return bool(self._patterns)

    def begin(self, session: LakeSession, broker: Broker, stop: threading.Event) -> tuple[Identity, list[TopicStopped]]:
        """Look all topics up, and make their landing tables; returns which they are, and which are missing.

        Raises:
            SinkMisconfigured: a pattern matches no topic that has a contract.
            CatalogSilent: the catalog is away, or was when ``stop`` was set.
        """
        if self._patterns:
            self.contracts |= matched(self._patterns, broker.names(), self._known)
        missing = self._add(list(self.contracts), session, broker, stop)
        return Identity(broker.cluster_id(), self._ids), missing

    def load_decoders(self) -> None:
        """Let the decoders load their compiled code before there are messages that wait for it."""
        example = Payloads.of([b"{}"])
        for decoder in self.decoders.values():
            # What it says of the example is nobody's concern.
            with contextlib.suppress(Exception):
                decoder.decode(example, example)

    def add(self, names: list[str], session: LakeSession, broker: Broker) -> list[str]:
        """Take topics that have come up; returns those of them that are still there."""
        self.contracts |= {name: self._known[name] for name in names}
        gone = {error.topic for error in self._add(names, session, broker)}
        for name in gone:
            del self.contracts[name]
        return [name for name in names if name not in gone]

    def come_up(self, names: list[str]) -> tuple[list[str], list[str]]:
        """Of the brokers' topics those that are under a pattern and not landed yet: with and without a contract."""
        all_under = dict.fromkeys(name for pattern in self._patterns for name in under(pattern, names))
        fresh = [name for name in all_under if name not in self.contracts]
        return [name for name in fresh if name in self._known], [name for name in fresh if name not in self._known]

    def _add(
        self, names: list[str], session: LakeSession, broker: Broker, stop: threading.Event | None = None
    ) -> list[TopicStopped]:
        contracts = [self.contracts[name] for name in names]
        landed = session.insist(lambda connection, _: _prepared(connection, contracts), stop)
        missing: list[TopicStopped] = []
        while asked := [name for name in names if name not in {error.topic for error in missing}]:
            try:
                described = broker.topics(asked)
            except TopicStopped as error:
                missing.append(error)
                continue
            for name, topic in described.items():
                self.decoders[name] = decoder_for(self.contracts[name], self._config, self._registry, landed[name])
                self.partitions[name] = topic.partitions
                self._ids[name] = topic.topic_id
            break
        return missing


def _prepared(connection: duckdb.DuckDBPyConnection, contracts: list[Contract]) -> dict[str, list[pa.Field]]:
    """Make the landing tables; by topic what they have beyond the contract."""
    prepare(connection, contracts)
    return {contract.topic: evolved_columns(connection, contract) for contract in contracts}


class TopicWatch:
    """Asks the brokers every few seconds which topics they have; beside the sink, which takes the answers."""

    def __init__(self, broker: Broker, seconds: float) -> None:
        self._broker = broker
        self._seconds = seconds
        self._over = threading.Event()
        self._names: list[str] | None = None
        self._thread = threading.Thread(target=self._run, name="topics", daemon=True)

    def __enter__(self) -> TopicWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def take(self) -> list[str]:
        """The topics of the latest answer; none if there was none since the last time."""
        names, self._names = self._names, None
        return names or []

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._names = self._broker.names()
            except SinkError:
                # The sink itself tells what is wrong once it cannot wait any longer.
                continue
