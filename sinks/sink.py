"""One sink from its start to its end: the first stage's loop, and what happens when the group or the ledger moves."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from contracts import Contract
from lakehouse.settings import Settings
from sinks import messages
from sinks.accumulation import Accumulation
from sinks.aside import TopicsAside, together
from sinks.broker import Broker, named_servers
from sinks.clock import Clock
from sinks.commit import Committer
from sinks.config import SinkConfig
from sinks.consumer import Rebalance, TopicConsumer
from sinks.encoding import Encoder
from sinks.errors import BrokerSilent, CatalogSilent, FencedOut, TopicStopped, TopicWaits
from sinks.health import Health
from sinks.lake_session import LakeSession
from sinks.landed_topics import LandedTopics, TopicWatch
from sinks.ledger import Identity
from sinks.monitoring import Monitoring
from sinks.parquet import FileWriter
from sinks.pipeline import Pipeline
from sinks.positions import Positions
from sinks.progress import Counts, Event, Observer, Step
from sinks.records import Batch, Partition, Range
from sinks.result import Landed, LandingResult
from sinks.tending import Tending

# Long enough for many messages, short enough not to be waited for.
READ_SECONDS = 0.05
# Blocked longer than this the sink polls without reading, so that the group does not take it for dead.
BLOCKED_SECONDS = 5.0
# Two sinks of different groups on one topic would fence each other for ever.
FENCES_IN_A_ROW = 5
# How often the ledger is asked about partitions that other sinks land.
ASK_SECONDS = 0.5
# Longest wait for the brokers' list of topics; what comes up is asked for again.
LIST_SECONDS = 5.0


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
        self._topics = LandedTopics(config, contracts, self._registry_failed)
        self._writer = FileWriter(settings.lake_data_path)
        self._broker = Broker(self._servers, config.kafka, config.service_seconds, stop)
        self._session = LakeSession(settings, config.service_seconds)
        self._accumulation = Accumulation(config)
        self._result = LandingResult()
        self._lock = threading.Lock()
        self._fences = 0
        self._standing: dict[Partition, int] = {}
        self._asked = 0.0
        self._aside = TopicsAside()
        # Of topics that have failed, to be set aside before anything more is read.
        self._failing: deque[TopicStopped | TopicWaits] = deque()
        self._ignored: set[str] = set()
        self._health = Health(config, stop)
        self._monitoring: Monitoring | None = None

    def run(self) -> LandingResult:
        """Land; see ``sinks.landing.run``."""
        began = time.monotonic()
        with ExitStack() as stack:
            monitoring = self._start_monitoring(stack)
            stack.enter_context(self._broker)
            stack.callback(self._session.close)
            try:
                self._broker.require_group(self._config.group)
                identity, missing = self._topics.begin(self._session, self._broker, self._stop)
            except (BrokerSilent, CatalogSilent):
                if self._stop.is_set():
                    return self._result
                raise
            self._result.topics |= {topic: Landed() for topic in self._topics.contracts}
            if found := [topic for topic in self._topics.contracts if topic not in self._config.topics]:
                self._tell_of_topics(Step.FOUND, found)
            self._failing.extend(missing)
            if monitoring:
                stack.enter_context(monitoring.watching())
            stack.enter_context(Tending(self._config, self._settings, self._clock, self._note))
            self._positions = Positions(self._session, self._broker, identity, self._config.start, self._clock)
            self._targets = self._ends(each for several in self._topics.partitions.values() for each in several)
            done = self._caught_up()
            self._set_failing_aside()
            if not (done or self._all_stopped()):
                messages.load()
                self._topics.load_decoders()
                self._consumer = TopicConsumer(
                    self._config,
                    self._servers,
                    Rebalance(self._on_assigned, self._on_revoked, self._on_lost),
                    self._topics.contracts,
                    sum(map(len, self._topics.partitions.values())),
                )
                stack.callback(self._consumer.close)
                stack.callback(self._account, wait=True)
                self._pipeline = self._start_pipeline(identity, stack)
                self._watch = self._start_topic_watch(stack)
                while not (self._stop.is_set() or self._all_stopped() or self._caught_up()):
                    self._turn()
                self._pipeline.close(self._config.revoke_seconds)
                self._raise_failure()
                self._set_failing_aside()
        self._end()
        self._result.seconds = time.monotonic() - began
        return self._result

    def _end(self) -> None:
        """Raise what kept topics from landing, unless the sink was asked to stop while others still landed."""
        errors: list[TopicStopped | TopicWaits] = [*self._aside.stopped]
        self._result.stopped = {error.topic: str(error) for error in errors}
        if self._until_caught_up and not self._stop.is_set():
            errors += self._given_up()
        elif not self._all_stopped():
            return
        if errors:
            raise together(errors)

    def _start_monitoring(self, stack: ExitStack) -> Monitoring | None:
        if self._config.metrics_port is None:
            return None
        monitoring = Monitoring(self._config, self._settings, self._servers, self._health, self._clock)
        url = stack.enter_context(monitoring.serving())
        self._monitoring = monitoring
        self._note(Event(Step.SERVING, "", {}, detail=url))
        return monitoring

    def _start_pipeline(self, identity: Identity, stack: ExitStack) -> Pipeline:
        abandon = threading.Event()
        committer = Committer(self._session, identity, f"{socket.gethostname()}:{os.getpid()}", self._note, abandon)
        encoder = Encoder(
            self._config,
            self._topics.contracts,
            self._topics.decoders,
            self._writer,
            self._broker,
            identity,
            self._clock,
        )
        pipeline = Pipeline(self._config, encoder, committer, self._note, abandon)
        stack.callback(pipeline.close, self._config.revoke_seconds)
        return pipeline

    def _start_topic_watch(self, stack: ExitStack) -> TopicWatch | None:
        if self._until_caught_up or not self._topics.has_patterns:
            return None
        broker = stack.enter_context(Broker(self._servers, self._config.kafka, LIST_SECONDS))
        return stack.enter_context(TopicWatch(broker, self._config.watch_seconds))

    def _turn(self) -> None:
        """Read once; hand a batch over when it is due."""
        self._health.beat()
        self._raise_failure()
        if self._pipeline.fenced.is_set():
            self._stand_anew()
        self._look_after_topics()
        for read in self._consumer.read(self._accumulation.room, READ_SECONDS):
            now = time.monotonic()
            self._accumulation.add(read.topic, read.records, read.size, read.positions, now)
        if self._accumulation.due(time.monotonic(), self._pipeline.idle) or self._at_targets():
            self._hand_over(self._accumulation.cut())
        self._account()

    def _look_after_topics(self) -> None:
        """Set topics aside that failed, bring those back whose wait is over, take those in that have come up."""
        for failed in (self._failing, self._pipeline.failures, self._consumer.failures):
            while failed:
                self._put_aside(failed.popleft())
        for topic in self._aside.due(time.monotonic()):
            if self._pipeline.readmit(topic):
                self._aside.bring_back(topic)
                self._consumer.return_to(self._on_assigned(list(self._consumer.given(topic))))
        if self._watch and (names := self._watch.take()):
            self._take_in(names)

    def _put_aside(self, error: TopicStopped | TopicWaits) -> None:
        if error.topic not in self._aside:
            given = self._consumer.given(error.topic)
            self._accumulation.release(given)
            self._consumer.stand_aside(given)
            self._set_aside(error)

    def _set_failing_aside(self) -> None:
        """Before anything is read, and when nothing is any more."""
        while self._failing:
            error = self._failing.popleft()
            if error.topic not in self._aside:
                self._set_aside(error)

    def _set_aside(self, error: TopicStopped | TopicWaits) -> None:
        self._aside.put(error, time.monotonic())
        step = Step.STOPPED if isinstance(error, TopicStopped) else Step.WAITING
        self._tell_of_topics(step, [error.topic], str(error))

    def _take_in(self, names: list[str]) -> None:
        fresh, unknown = self._topics.come_up(names)
        if ignored := [name for name in unknown if name not in self._ignored]:
            self._ignored.update(ignored)
            self._tell_of_topics(Step.IGNORED, ignored, "it has no contract")
        if fresh and (added := self._topics.add(fresh, self._session, self._broker)):
            self._result.topics |= {topic: Landed() for topic in added}
            self._tell_of_topics(Step.FOUND, added)
            self._consumer.subscribe(self._topics.contracts)

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
                if self._aside.landed(topic):
                    self._tell_of_topics(Step.RESUMED, [topic])
        self._standing |= landed
        self._consumer.acknowledge(landed, wait)

    def _on_assigned(self, partitions: list[Partition]) -> dict[Partition, int]:
        positions = self._resolved(partitions)
        self._accumulation.hold(positions)
        self._standing |= positions
        self._tell_of(Step.ASSIGNED, positions)
        return positions

    def _resolved(self, partitions: list[Partition]) -> dict[Partition, int]:
        """Where partitions stand; those of topics that stand aside, or fail now, are left out."""
        wanted = [partition for partition in partitions if partition.topic not in self._aside]
        while True:
            try:
                return self._positions.resolve(wanted)
            except (TopicStopped, TopicWaits) as error:
                self._failing.append(error)
                wanted = [partition for partition in wanted if partition.topic != error.topic]

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

    def _tell_of_topics(self, step: Step, topics: list[str], why: str | None = None) -> None:
        self._note(Event(step, "", {topic: Counts() for topic in topics}, detail=why))

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
        over = {error.topic for error in (*self._aside.stopped, *self._given_up(), *self._failing)}
        targets = {each: target for each, target in self._targets.items() if each.topic not in over}
        behind = [each for each, target in targets.items() if self._standing.get(each, -1) < target]
        elsewhere = [each for each in behind if each not in self._accumulation.positions]
        if behind and elsewhere == behind and time.monotonic() - self._asked > ASK_SECONDS:
            self._standing |= self._known(elsewhere)
            self._asked = time.monotonic()
            return self._caught_up()
        return not behind

    def _known(self, partitions: list[Partition]) -> dict[Partition, int]:
        """Where the ledger has partitions that another sink lands; of topics that fail now it says nothing."""
        while True:
            try:
                return self._positions.known(partitions)
            except TopicStopped as error:
                self._failing.append(error)
                partitions = [partition for partition in partitions if partition.topic != error.topic]

    def _given_up(self) -> list[TopicWaits]:
        """Topics that have waited for as long as a run waits that is to end."""
        return self._aside.waiting(time.monotonic(), self._config.service_seconds) if self._until_caught_up else []

    def _all_stopped(self) -> bool:
        return len(self._aside.stopped) == len(self._topics.contracts)

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
