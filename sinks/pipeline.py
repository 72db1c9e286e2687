"""Stages two and three beside the first: batches are encoded side by side and committed in the order they came."""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor

from sinks.commit import Committer, Outcome
from sinks.config import SinkConfig
from sinks.encoding import Encoded, Encoder
from sinks.errors import TopicStopped, TopicWaits
from sinks.progress import Counts, Event, Observer, Step
from sinks.records import Batch


class Pipeline:
    """Takes batches and lands them.

    At most one batch more than there are decoders is under way; ``offer`` waits for room. When a batch is fenced, all
    behind it are dropped, as each begins where the one before ends: ``fenced`` is set until ``resume``.

    When one topic of a batch fails, the rest of the batch lands. The topic's share is dropped, also of all batches
    behind, until ``readmit``; ``failures``, to be taken out by the caller, has the error that it failed by.
    """

    def __init__(
        self, config: SinkConfig, encoder: Encoder, committer: Committer, observe: Observer, abandon: threading.Event
    ) -> None:
        self._encoder = encoder
        self._committer = committer
        self._observe = observe
        self._abandon = abandon
        self._slots = config.decoders + 1
        self._under_way = 0
        self._topics: Counter[str] = Counter()
        self._aside: frozenset[str] = frozenset()
        self._changed = threading.Condition()
        self._waiting: queue.SimpleQueue[tuple[Batch, Future[Encoded]] | None] = queue.SimpleQueue()
        self._decoders = ThreadPoolExecutor(config.decoders, thread_name_prefix="decode")
        self._thread = threading.Thread(target=self._commit_all, name="commit")
        self._thread.start()
        self.fenced = threading.Event()
        self.landed: deque[tuple[Batch, dict[str, Counts]]] = deque()
        self.failures: deque[TopicStopped | TopicWaits] = deque()
        self.failure: BaseException | None = None

    def offer(self, batch: Batch, seconds: float) -> bool:
        """Take ``batch`` if there is room within ``seconds``; a pipeline that failed takes and drops it."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way < self._slots, seconds):
                return False
            self._under_way += 1
            self._topics.update(batch.topics)
        counts = {topic: Counts(rows=len(records)) for topic, records in batch.records.items()}
        self._observe(Event(Step.CONSUMED, batch.commit_id, counts, ranges=batch.ranges))
        self._waiting.put((batch, self._decoders.submit(self._encode, batch)))
        return True

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is under way; False if something still is after ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, seconds)

    def resume(self) -> None:
        """Go on after a fence; only once idle."""
        self.fenced.clear()

    def readmit(self, topic: str) -> bool:
        """Take messages of a topic that failed again; False while batches from before are under way."""
        with self._changed:
            if self._topics[topic]:
                return False
            self._aside -= {topic}
            return True

    def close(self, seconds: float) -> None:
        """Land what is under way, but drop what has not landed after ``seconds``."""
        self.wait_idle(seconds)
        self._abandon.set()
        self._waiting.put(None)
        self._thread.join()
        self._decoders.shutdown()

    def _encode(self, batch: Batch) -> Encoded:
        encoded = self._encoder.encode(batch)
        self._observe(Event(Step.ENCODED, batch.commit_id, encoded.counts, encoded.files, ranges=batch.ranges))
        return encoded

    def _commit_all(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            batch, future = waiting
            try:
                self._commit_one(future.result())
            except BaseException as error:  # handed to the thread that reads, which raises it
                self.failure = self.failure or error
            with self._changed:
                self._under_way -= 1
                self._topics.subtract(batch.topics)
                self._changed.notify_all()

    def _commit_one(self, encoded: Encoded) -> None:
        for error in encoded.failures:
            self._set_aside(error)
        if self.fenced.is_set() or self.failure or self._abandon.is_set():
            self._drop(encoded)
            return
        encoded = self._without_failed(encoded)
        while encoded.batch.ranges:
            try:
                outcome = self._committer.commit(encoded)
            except (TopicStopped, TopicWaits) as error:
                self._set_aside(error)
                encoded = self._without_failed(encoded)
                continue
            if outcome is Outcome.LANDED:
                self.landed.append((encoded.batch, encoded.counts))
            else:
                encoded.discard()
                self.fenced.set()
            return

    def _set_aside(self, error: TopicStopped | TopicWaits) -> None:
        with self._changed:
            if error.topic not in self._aside:
                self._aside |= {error.topic}
                self.failures.append(error)

    def _without_failed(self, encoded: Encoded) -> Encoded:
        failed = encoded.batch.topics & self._aside
        if not failed:
            return encoded
        self._drop(encoded.only(failed))
        return encoded.only(encoded.batch.topics - failed)

    def _drop(self, encoded: Encoded) -> None:
        encoded.discard()
        batch = encoded.batch
        # A topic that failed has no counts.
        counts = {topic: Counts() for topic in batch.topics} | encoded.counts
        self._observe(Event(Step.ABANDONED, batch.commit_id, counts, encoded.files, ranges=batch.ranges))
