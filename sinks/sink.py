"""One sink from its start to its end: the first stage's loop, and what happens when the group or the ledger moves."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from contracts import Contract, contract_for
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from sinks.accumulation import Accumulation
from sinks.broker import Broker, named_servers
from sinks.clock import Clock
from sinks.commit import Committer
from sinks.config import SinkConfig
from sinks.consumer import Rebalance, TopicConsumer
from sinks.decoding.formats import decoder_for, registry_for
from sinks.encoding import Encoder
from sinks.errors import FencedOut
from sinks.health import Health
from sinks.lake_session import LakeSession
from sinks.ledger import Identity
from sinks.monitoring import Monitoring
from sinks.parquet import FileWriter
from sinks.pipeline import Pipeline
from sinks.positions import Positions
from sinks.progress import Counts, Event, Observer, Step
from sinks.records import Batch, Partition, Range
from sinks.result import Landed, LandingResult

READ_SECONDS = 0.1
# Blocked longer than this the sink polls without reading, so that the group does not take it for dead.
BLOCKED_SECONDS = 5.0
# Two sinks of different groups on one topic would fence each other for ever.
FENCES_IN_A_ROW = 5
# How often the ledger is asked about partitions that other sinks land.
ASK_SECONDS = 0.5


class Sink:
    """One run; see ``sinks.landing``, which is how to start one."""

    def __init__(
        self,
        config: SinkConfig,
        settings: Settings,
        stop: threading.Event,
        observe: Observer,
        clock: Clock,
        contracts: Mapping[str, Contract] | None,
        until_caught_up: bool,
    ) -> None:
        self._config = config
        self._settings = settings
        self._servers = named_servers(settings)
        self._stop = stop
        self._observe = observe
        self._clock = clock
        self._until_caught_up = until_caught_up
        self._contracts = {topic: contracts[topic] if contracts else contract_for(topic) for topic in config.topics}
        self._writer = FileWriter(settings.lake_data_path)
        self._broker = Broker(self._servers, config.kafka, config.service_seconds)
        self._session = LakeSession(settings, config.service_seconds)
        self._accumulation = Accumulation(config)
        self._result = LandingResult({topic: Landed() for topic in config.topics})
        self._lock = threading.Lock()
        self._fences = 0
        self._standing: dict[Partition, int] = {}
        self._asked = 0.0
        self._health = Health(config, stop)
        self._monitoring: Monitoring | None = None

    def run(self) -> LandingResult:
        """Land; see ``sinks.landing.run``."""
        began = time.monotonic()
        with ExitStack() as stack:
            monitoring = self._start_monitoring(stack)
            stack.enter_context(self._broker)
            self._broker.require_group(self._config.group)
            stack.callback(self._session.close)
            self._session.insist(lambda connection, _: prepare(connection, self._contracts.values()))
            if monitoring:
                stack.enter_context(monitoring.watching())
            described = self._broker.topics(self._config.topics)
            ids = {name: topic.topic_id for name, topic in described.items()}
            identity = Identity(self._broker.cluster_id(), ids)
            self._positions = Positions(self._session, self._broker, identity, self._config.start, self._clock)
            self._targets = self._ends(partition for topic in described.values() for partition in topic.partitions)
            if not self._caught_up():
                self._consumer = TopicConsumer(
                    self._config, self._servers, Rebalance(self._on_assigned, self._on_revoked, self._on_lost)
                )
                stack.callback(self._consumer.close)
                stack.callback(self._account, wait=True)
                self._pipeline = self._start_pipeline(identity, stack)
                while not self._stop.is_set() and not self._caught_up():
                    self._turn()
                self._pipeline.close(self._config.revoke_seconds)
                self._raise_failure()
        self._result.seconds = time.monotonic() - began
        return self._result

    def _start_monitoring(self, stack: ExitStack) -> Monitoring | None:
        if self._config.metrics_port is None:
            return None
        monitoring = Monitoring(self._config, self._settings, self._servers, self._health, self._clock)
        url = stack.enter_context(monitoring.serving())
        self._monitoring = monitoring
        self._note(Event(Step.SERVING, "", {topic: Counts() for topic in self._config.topics}, detail=url))
        return monitoring

    def _start_pipeline(self, identity: Identity, stack: ExitStack) -> Pipeline:
        abandon = threading.Event()
        committer = Committer(self._session, identity, f"{socket.gethostname()}:{os.getpid()}", self._note, abandon)
        registry = registry_for(self._config, self._registry_failed)
        decoders = {topic: decoder_for(contract, self._config, registry) for topic, contract in self._contracts.items()}
        encoder = Encoder(self._config, self._contracts, decoders, self._writer, self._broker, identity, self._clock)
        pipeline = Pipeline(self._config, encoder, committer, self._note, abandon)
        stack.callback(pipeline.close, self._config.revoke_seconds)
        return pipeline

    def _turn(self) -> None:
        """Read once; hand a batch over when it is due."""
        self._health.beat()
        self._raise_failure()
        if self._pipeline.fenced.is_set():
            self._stand_anew()
        for read in self._consumer.read(self._accumulation.room, READ_SECONDS):
            now = time.monotonic()
            self._accumulation.add(read.topic, read.records, read.size, read.positions, now)
        if self._accumulation.due(time.monotonic()) or self._at_targets():
            self._hand_over(self._accumulation.cut())
        self._account()

    def _hand_over(self, batch: Batch) -> None:
        blocked_since = time.monotonic()
        while not self._pipeline.offer(batch, READ_SECONDS):
            self._health.beat()
            self._raise_failure()
            if self._stop.is_set() or self._pipeline.fenced.is_set():
                return
            if time.monotonic() - blocked_since > BLOCKED_SECONDS:
                self._consumer.wait_paused(READ_SECONDS)

    def _stand_anew(self) -> None:
        """After a fence: drop everything, and read on from where the ledger stands now."""
        self._fences += 1
        if self._fences > FENCES_IN_A_ROW:
            raise FencedOut(
                f"{self._fences} batches in a row were landed by another sink. Sinks of one topic must share one "
                f"group (this one's is {self._config.group!r}); see lake.ledger.commits for who landed them."
            )
        if self._pipeline.wait_idle(self._config.service_seconds):
            self._account()
            self._pipeline.resume()
            self._consumer.seek(self._on_assigned(list(self._consumer.held())))

    def _account(self, wait: bool = False) -> None:
        """Count what has landed since the last time, and tell the group."""
        landed: dict[Partition, int] = {}
        while self._pipeline.landed:
            batch, counts = self._pipeline.landed.popleft()
            self._fences = 0
            landed |= {partition: each.next for partition, each in batch.ranges.items()}
            for topic, count in counts.items():
                self._result.topics[topic].counts += count
                self._result.topics[topic].batches += 1
        self._standing |= landed
        self._consumer.acknowledge(landed, wait)

    def _on_assigned(self, partitions: list[Partition]) -> dict[Partition, int]:
        positions = self._positions.resolve(partitions)
        self._accumulation.hold(positions)
        self._standing |= positions
        self._tell_of(Step.ASSIGNED, positions)
        return positions

    def _on_revoked(self, partitions: list[Partition]) -> None:
        self._accumulation.release(set(partitions))
        # What is under way may still land, so that the next owner need not read it again; either is safe.
        self._pipeline.wait_idle(self._config.revoke_seconds)
        self._account(wait=True)
        self._tell_of(Step.REVOKED, {each: self._standing[each] for each in partitions if each in self._standing})

    def _on_lost(self, partitions: list[Partition]) -> None:
        self._accumulation.release(set(partitions))
        self._tell_of(Step.REVOKED, {each: self._standing[each] for each in partitions if each in self._standing})

    def _tell_of(self, step: Step, positions: dict[Partition, int]) -> None:
        ranges = {partition: Range(offset, offset) for partition, offset in positions.items()}
        self._note(Event(step, "", {partition.topic: Counts() for partition in positions}, ranges=ranges))

    def _ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        # Only a partition that never had a message has nothing to wait for; of one that was emptied some may be lost.
        held = self._broker.held(partitions) if self._until_caught_up else {}
        return {partition: each.end for partition, each in held.items() if each.end > 0}

    def _at_targets(self) -> bool:
        """Whether everything up to the end has been read, so that the last batch need not wait to be full."""
        reached = self._accumulation.positions
        return (
            self._until_caught_up
            and self._accumulation.moved
            and all(offset >= self._targets.get(partition, 0) for partition, offset in reached.items())
        )

    def _caught_up(self) -> bool:
        if not self._until_caught_up:
            return False
        behind = [each for each, target in self._targets.items() if self._standing.get(each, -1) < target]
        elsewhere = [each for each in behind if each not in self._accumulation.positions]
        if elsewhere == behind and time.monotonic() - self._asked > ASK_SECONDS:
            self._standing |= self._positions.known(elsewhere)
            self._asked = time.monotonic()
            behind = [each for each in behind if self._standing.get(each, -1) < self._targets[each]]
        return not behind

    def _note(self, event: Event) -> None:
        """Count what is worth counting; called by several threads."""
        with self._lock:
            self._result.fenced += event.step is Step.FENCED
            self._result.repeated += event.step is Step.REPEATED
        if self._monitoring:
            self._monitoring.metrics.observe(event)
        self._observe(event)

    def _registry_failed(self, cause: str) -> None:
        self._note(Event(Step.REGISTRY_FAILED, "", {}, detail=cause))

    def _raise_failure(self) -> None:
        if self._pipeline.failure:
            raise self._pipeline.failure
