"""Stages two and three beside the first: batches are encoded side by side and committed in the order they came."""

from __future__ import annotations

import queue
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from sinks.commit import Committer, Outcome
from sinks.config import SinkConfig
from sinks.encoding import Encoded, Encoder
from sinks.progress import Counts, Event, Observer, Step
from sinks.records import Batch


class Pipeline:
    """Takes batches and lands them.

    At most one batch more than there are decoders is under way; ``offer`` waits for room. When a batch is fenced, all
    behind it are dropped, as each begins where the one before ends: ``fenced`` is set until ``resume``.
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
        self._changed = threading.Condition()
        self._waiting: queue.SimpleQueue[tuple[Batch, Future[Encoded]] | None] = queue.SimpleQueue()
        self._decoders = ThreadPoolExecutor(config.decoders, thread_name_prefix="decode")
        self._thread = threading.Thread(target=self._commit_all, name="commit")
        self._thread.start()
        self.fenced = threading.Event()
        self.landed: deque[tuple[Batch, dict[str, Counts]]] = deque()
        self.failure: BaseException | None = None

    def offer(self, batch: Batch, seconds: float) -> bool:
        """Take ``batch`` if there is room within ``seconds``; a pipeline that failed takes and drops it."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way < self._slots, seconds):
                return False
            self._under_way += 1
        counts = {topic: Counts(rows=len(records)) for topic, records in batch.records.items()}
        self._observe(Event(Step.CONSUMED, batch.commit_id, counts, ranges=batch.ranges))
        self._waiting.put((batch, self._decoders.submit(self._encode, batch)))
        return True

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is under way; False if something still is after ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, seconds)

    def resume(self) -> None:
        """Go on after a fence; only once idle."""
        self.fenced.clear()

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
                self._commit_one(batch, future)
            except BaseException as error:  # handed to the thread that reads, which raises it
                self.failure = self.failure or error
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _commit_one(self, batch: Batch, future: Future[Encoded]) -> None:
        encoded = future.result()
        if self.fenced.is_set() or self.failure or self._abandon.is_set():
            encoded.discard()
            counts, files = encoded.counts, encoded.files
            self._observe(Event(Step.ABANDONED, batch.commit_id, counts, files, ranges=batch.ranges))
        elif self._committer.commit(encoded) is Outcome.LANDED:
            self.landed.append((batch, encoded.counts))
        else:
            encoded.discard()
            self.fenced.set()
