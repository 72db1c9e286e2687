"""Producers that know what became of every message: acknowledged at an offset, aborted, or unknown."""

from __future__ import annotations

import random
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chaos_feeds import Feed
from confluent_kafka import KafkaError, KafkaException, Message, Producer

PAUSE_SECONDS = 0.02
FLUSH_SECONDS = 90.0
TRANSACTION_SECONDS = 0.4
TRANSACTION_MESSAGES = 40
BAD_ONE_IN = 100


@dataclass
class Acknowledged:
    """The acknowledged messages of one topic, a column an attribute; ``bad`` is 1 for those that fit no contract."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    partitions: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    bad: array[int] = field(default_factory=lambda: array("b"))


class Doubt(NamedTuple):
    """A message that may be in the topic or not; ``feed`` is its feed's place."""

    feed: int
    number: int
    is_bad: bool


class Sent:
    """What became of the messages of each feed (by its place in ``feeds``); numbers are never used twice.

    A message is not in any of these while it is on its way. Each of ``unknown`` is a transaction that may have been
    committed or not, but not in part.
    """

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._lock = threading.Lock()
        self._next = 0
        self.acknowledged = [Acknowledged() for _ in feeds]
        self.aborted: set[int] = set()
        self.unknown: list[list[Doubt]] = []
        self.failures: Counter[str] = Counter()

    def number(self) -> int:
        """A new number."""
        with self._lock:
            self._next += 1
            return self._next

    def acknowledge(self, feed: int, number: int, is_bad: bool, message: Message) -> None:
        """Note where a message is."""
        found = self.acknowledged[feed]
        with self._lock:
            found.numbers.append(number)
            found.partitions.append(int(message.partition() or 0))
            found.offsets.append(int(message.offset() or 0))
            found.bad.append(is_bad)

    def total(self) -> int:
        """How many messages are acknowledged."""
        return sum(len(each.numbers) for each in self.acknowledged)

    def bad(self) -> int:
        """How many of them fit no contract."""
        return sum(sum(each.bad) for each in self.acknowledged)


class Stream:
    """An idempotent producer that sends about ``rate`` messages a second to all feeds until ``stop``."""

    def __init__(self, servers: str, feeds: Sequence[Feed], sent: Sent, seed: int, rate: float) -> None:
        self._feeds, self._sent, self._rate = feeds, sent, rate
        self._chosen = random.Random(f"stream {seed}")
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "log_level": 0,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 20,
                # It tries for ever: an answer that was lost must not leave us in doubt.
                "message.timeout.ms": 0,
                "topic.metadata.refresh.interval.ms": 2_000,
            }
        )

    def run(self, stop: threading.Event) -> None:
        """Send; at the end, wait until everything is acknowledged.

        Raises:
            TimeoutError: some of it was not, in time.
        """
        due, since = 0.0, time.monotonic()
        while not stop.wait(PAUSE_SECONDS):
            now = time.monotonic()
            # What could not be sent while the brokers were away is not made up for.
            due, since = min(due + (now - since) * self._rate, self._rate), now
            while due >= 1 and len(self._producer) < self._rate * 10:
                self._send()
                due -= 1
            self._producer.poll(0)
        if left := self._producer.flush(FLUSH_SECONDS):
            raise TimeoutError(f"{left} messages were not acknowledged within {FLUSH_SECONDS:.0f} s of calm")

    def _send(self) -> None:
        number = self._sent.number()
        feed, key, value, is_bad = _made(self._feeds, number, self._chosen)

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                self._sent.acknowledge(feed, number, is_bad, message)
            else:
                self._sent.failures[error.name()] += 1
                self._sent.unknown.append([Doubt(feed, number, is_bad)])

        self._producer.produce(self._feeds[feed].topic, value, key=key, on_delivery=delivered)


class Transactions:
    """A transactional producer: a transaction over all feeds at a time, some of which are aborted."""

    def __init__(self, servers: str, feeds: Sequence[Feed], sent: Sent, seed: int) -> None:
        self._servers, self._feeds, self.sent = servers, feeds, sent
        self._chosen = random.Random(f"transactions {seed}")
        self._to_abort = 0
        self._lock = threading.Lock()
        self.committed = self.aborted = 0

    def abort_next(self, count: int) -> None:
        """Abort the next ``count`` transactions."""
        with self._lock:
            self._to_abort += count

    def run(self, stop: threading.Event) -> None:
        """Send transactions until ``stop``."""
        producer = None
        while not stop.wait(TRANSACTION_SECONDS):
            try:
                producer = producer or self._begun()
                if self._transact(producer):
                    continue
            except KafkaException as error:
                self.sent.failures[error.args[0].name()] += 1
            # A new one fences what the old one left: it is committed or aborted before the next begins.
            producer = None

    def _begun(self) -> Producer:
        producer = Producer(
            {
                "bootstrap.servers": self._servers,
                "log_level": 0,
                "transactional.id": "chaos",
                "transaction.timeout.ms": 30_000,
                "linger.ms": 5,
                "topic.metadata.refresh.interval.ms": 2_000,
            }
        )
        producer.init_transactions(30)
        return producer

    def _transact(self, producer: Producer) -> bool:
        """One transaction; whether the producer can go on."""
        with self._lock:
            is_aborted = self._to_abort > 0
            self._to_abort -= is_aborted
        made: list[Doubt] = []
        placed: dict[int, Message] = {}

        def delivered_as(number: int) -> Callable[[KafkaError | None, Message], None]:
            return lambda error, message: placed.update({} if error else {number: message})

        producer.begin_transaction()
        for _ in range(self._chosen.randint(1, TRANSACTION_MESSAGES)):
            number = self.sent.number()
            feed, key, value, is_bad = _made(self._feeds, number, self._chosen)
            made.append(Doubt(feed, number, is_bad))
            producer.produce(self._feeds[feed].topic, value, key=key, on_delivery=delivered_as(number))
        # Until it is known to be committed or aborted, it may have become either.
        self.sent.unknown.append(made)
        producer.flush(FLUSH_SECONDS)
        if is_aborted or len(placed) < len(made):
            producer.abort_transaction(FLUSH_SECONDS)
            self.sent.aborted.update(number for _, number, _ in made)
            self.aborted += 1
        elif not self._commit(producer):
            return False
        else:
            for feed, number, is_bad in made:
                self.sent.acknowledge(feed, number, is_bad, placed[number])
            self.committed += 1
        self.sent.unknown.remove(made)
        return True

    @staticmethod
    def _commit(producer: Producer) -> bool:
        """Commit, asking again while the brokers are away; False when it had to be left in doubt."""
        until = time.monotonic() + FLUSH_SECONDS
        while True:
            try:
                producer.commit_transaction(30)
                return True
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > until:
                    return False


def _made(feeds: Sequence[Feed], number: int, chosen: random.Random) -> tuple[int, bytes, bytes, bool]:
    """Feed, key and value of the message of ``number``, and whether it is a bad one."""
    feed = chosen.randrange(len(feeds))
    is_bad = chosen.randrange(BAD_ONE_IN) == 0
    value = feeds[feed].bad(number)[0] if is_bad else feeds[feed].good(number)
    return feed, b"K%d" % chosen.randrange(1_000), value, is_bad
