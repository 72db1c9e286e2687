"""A model of landing: what the lake must hold, worked out without it, and sinks that are driven step by step."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, cast

import duckdb
import numpy as np

from contracts import Contract
from lakehouse.settings import Settings
from sinks.accumulation import Accumulation
from sinks.broker import Broker, Held, Topic
from sinks.commit import Committer, Outcome
from sinks.config import SinkConfig
from sinks.decoding.json_decoder import JsonDecoder
from sinks.encoding import Encoded, Encoder
from sinks.lake_session import LakeSession
from sinks.ledger import Identity
from sinks.parquet import FileWriter
from sinks.payloads import Payloads
from sinks.positions import Positions
from sinks.progress import Event, Step
from sinks.records import Partition, Records

CLUSTER = "cluster"


class Kind(Enum):
    """What an offset holds."""

    GOOD = "good"
    BAD = "bad"  # becomes a dead letter
    HOLE = "hole"  # a transaction's marker, or a message that was aborted


class Fault(Enum):
    """What befalls a commit."""

    NONE = "none"
    CUT = "the connection breaks before the commit"
    UNHEARD = "the commit goes through and nobody hears of it"
    LATE = "the commit goes through before the sink looks what became of it"
    LATER = "the commit goes through after the sink has looked and before it tries again"
    CRASH_BEFORE = "the sink dies before the commit"
    CRASH_AFTER = "the sink dies before it hears that the commit went through"


class Crashed(BaseException):
    """The sink is dead."""


def contract_of(topic: str) -> Contract:
    """A contract with little in it."""
    fields = [
        {"name": "id", "type": "string", "required": True, "description": "Partition and offset."},
        {"name": "at", "type": "timestamp", "required": True, "description": "When."},
    ]
    return Contract.model_validate(
        {"topic": topic, "key": "id", "event_time": "at", "tombstone": "reject", "description": "-", "fields": fields}
    )


@dataclass
class World:
    """The topics as the brokers have them, and what must have landed of them.

    ``following`` is where the ledger must stand, ``first`` where it began; ``gaps`` are accepted offsets.
    """

    log: dict[Partition, list[Kind]] = field(default_factory=dict)
    starts: dict[Partition, int] = field(default_factory=dict)
    first: dict[Partition, int] = field(default_factory=dict)
    following: dict[Partition, int] = field(default_factory=dict)
    gaps: dict[Partition, set[int]] = field(default_factory=dict)

    def add(self, topic: str) -> Partition:
        """A new partition."""
        partition = Partition(topic, sum(each.topic == topic for each in self.log))
        self.log[partition], self.starts[partition], self.gaps[partition] = [], 0, set()
        return partition

    def held(self, partitions: Iterable[Partition]) -> dict[Partition, Held]:
        """As ``Broker.held``."""
        return {partition: Held(self.starts[partition], len(self.log[partition])) for partition in partitions}

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """As ``Broker.topics``."""
        return {name: Topic(name, f"id of {name}", tuple(p for p in self.log if p.topic == name)) for name in names}

    def register(self, partitions: Iterable[Partition]) -> None:
        """A sink has asked the ledger about these."""
        for partition in partitions:
            self.following.setdefault(partition, self.starts[partition])
            self.first.setdefault(partition, self.following[partition])

    def takes(self, encoded: Encoded) -> bool:
        """Whether the batch begins where the ledger stands."""
        return all(self.following[partition] == each.first for partition, each in encoded.batch.ranges.items())

    def land(self, encoded: Encoded) -> None:
        """The batch has landed."""
        self.following |= {partition: each.next for partition, each in encoded.batch.ranges.items()}

    def read(self, partition: Partition, position: int, most: int) -> tuple[Records, int]:
        """What a consumer gets at ``position``, at most ``most`` messages, and where it stands then."""
        found: list[int] = []
        while position < len(self.log[partition]) and len(found) < most:
            if self.log[partition][position] is not Kind.HOLE:
                found.append(position)
            position += 1
        return Records(
            values=[Payloads.of([self._message(partition, offset) for offset in found])],
            keys=[Payloads.of([b"key"] * len(found))],
            headers=[Payloads.missing(len(found))],
            partitions=[np.full(len(found), partition.number, np.int64)],
            offsets=[np.array(found, np.int64)],
            timestamps=[np.full(len(found), -1, np.int64)],
        ), position

    def due(self, partition: Partition, kind: Kind) -> list[int]:
        """The offsets of that kind that must be in the lake, in order."""
        offsets = range(self.first.get(partition, 0), self.following.get(partition, 0))
        return [each for each in offsets if self.log[partition][each] is kind and each not in self.gaps[partition]]

    def _message(self, partition: Partition, offset: int) -> bytes:
        fine = self.log[partition][offset] is Kind.GOOD
        event = {"id": f"{partition.number}/{offset}", "at": "2026-01-31T00:00:00Z" if fine else "yesterday"}
        return json.dumps(event).encode()


class Clock:
    """A second later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1)

    def __call__(self) -> datetime:
        """The time."""
        self._now += timedelta(seconds=1)
        return self._now


class FaultyCommitter(Committer):
    """A committer whose next commit is struck by ``fault``, the first time it tries.

    ``elsewhere`` is a connection on which a commit goes through that this sink's own has lost.
    """

    def __init__(self, session: LakeSession, identity: Identity, name: str, elsewhere: LakeSession) -> None:
        super().__init__(session, identity, name, self._told, threading.Event())
        self._elsewhere = elsewhere
        self.fault = Fault.NONE
        self.before_commit: Callable[[], None] | None = None
        self.steps: list[Step] = []

    def _told(self, event: Event) -> None:
        self.steps.append(event.step)
        if event.step is not Step.PREPARED:
            return
        if self.before_commit:
            other, self.before_commit = self.before_commit, None
            other()
        if self._strikes(Fault.CUT):
            raise duckdb.IOException("the connection was cut")
        if self._strikes(Fault.CRASH_BEFORE):
            raise Crashed

    def _strikes(self, *faults: Fault) -> bool:
        if self.fault not in faults:
            return False
        self.fault = Fault.NONE
        return True

    def _transact(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> None:
        if self.fault in (Fault.LATE, Fault.LATER):
            raise duckdb.IOException("the connection was cut, and the commit is on its way")
        super()._transact(connection, encoded)
        if self._strikes(Fault.UNHEARD):
            raise duckdb.IOException("the answer was lost")
        if self._strikes(Fault.CRASH_AFTER):
            raise Crashed

    def _stands_as_expected(self, connection: duckdb.DuckDBPyConnection, encoded: Encoded) -> bool:
        if self._strikes(Fault.LATE):
            self._arrive(encoded)
        found = super()._stands_as_expected(connection, encoded)
        if self._strikes(Fault.LATER):
            self._arrive(encoded)
        return found

    def _arrive(self, encoded: Encoded) -> None:
        def work(connection: duckdb.DuckDBPyConnection, _attempt: int) -> None:
            try:
                super(FaultyCommitter, self)._transact(connection, encoded)
            except duckdb.TransactionException:  # refused, as another sink had landed these messages
                return

        self._elsewhere.insist(work)


class ModelSink:
    """A sink whose stages are taken by hand: what ``Sink`` and ``Pipeline`` do, without threads and Kafka."""

    def __init__(
        self,
        name: str,
        world: World,
        contracts: Mapping[str, Contract],
        sessions: tuple[LakeSession, LakeSession],
        settings: Settings,
        clock: Clock,
    ) -> None:
        broker = cast(Broker, world)
        config = SinkConfig(topics=tuple(contracts), inline_rows=2)
        identity = Identity(CLUSTER, {topic: f"id of {topic}" for topic in contracts})
        decoders = {topic: JsonDecoder(contract) for topic, contract in contracts.items()}
        writer = FileWriter(settings.lake_data_path)
        self._world = world
        self.encoder = Encoder(config, contracts, decoders, writer, broker, identity, clock)
        self.positions = Positions(sessions[0], broker, identity, "earliest", clock)
        self.committer = FaultyCommitter(sessions[0], identity, name, sessions[1])
        self._config = config
        self.die()

    def die(self) -> None:
        """Forget everything, as a process that is killed and started again."""
        self.accumulation = Accumulation(self._config)
        self.waiting: list[Encoded] = []

    def hold(self, partitions: Iterable[Partition]) -> None:
        """Be given partitions, whoever else thinks to have them."""
        wanted = list(partitions)
        # Also when it finds that offsets were lost, it has added what was new to the ledger.
        self._world.register(wanted)
        self.accumulation.hold(self.positions.resolve(wanted))

    def read(self, most: int) -> None:
        """Read from every partition it thinks to hold."""
        for partition, position in dict(self.accumulation.positions).items():
            records, following = self._world.read(partition, position, most)
            self.accumulation.add(partition.topic, records, records.size, {partition: following}, 0.0)

    def cut(self) -> None:
        """Hand over what was read."""
        if self.accumulation.moved:
            self.waiting.append(self.encoder.encode(self.accumulation.cut()))

    def commit(self) -> Outcome:
        """Commit the oldest batch; when fenced, begin anew where the ledger stands."""
        encoded = self.waiting[0]
        outcome = self.committer.commit(encoded)
        del self.waiting[0]
        if outcome is Outcome.FENCED:
            for each in [encoded, *self.waiting]:
                each.discard()
            self.waiting.clear()
        return outcome


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """A query's rows."""
    return connection.execute(sql, list(parameters)).fetchall()
