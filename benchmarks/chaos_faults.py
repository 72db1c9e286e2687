"""The faults, each of which answers whether it really struck."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chaos_disk
from chaos_cluster import NODES, Cluster
from chaos_feeds import Feed
from chaos_producer import Transactions
from chaos_proxy import Cut, Proxy
from chaos_sinks import Sinks
from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from local import processes
from local.postgres import Postgres

SESSION_SECONDS = 6.0
GAP_SECONDS = 5.0
WAIT_SECONDS = 120.0
WHOLE_SECONDS = 240.0  # seconds on a quiet machine
POLL_SECONDS = 0.1
PARTITIONS_AT_MOST = 12


@dataclass(frozen=True)
class Site:
    """What can be broken."""

    cluster: Cluster
    postgres: Postgres
    proxy: Proxy
    sinks: Sinks
    transactions: Transactions
    lake: Path
    feeds: Sequence[Feed]
    group: str


@dataclass(frozen=True)
class Strike:
    """One fault that is to come: so many seconds after the start, with its own source of chance."""

    at: float
    fault: str
    seed: str


def schedule(seconds: float, seed: int, chosen: Sequence[str]) -> list[Strike]:
    """Rounds of all ``chosen`` faults, each round in an order of its own; the same for the same arguments."""
    chance, at = random.Random(f"schedule {seed}"), GAP_SECONDS
    planned: list[Strike] = []
    # Also in a short run each fault comes once.
    gap = min(GAP_SECONDS, (seconds - 2 * GAP_SECONDS) / len(chosen))
    while True:
        for fault in chance.sample(list(chosen), len(chosen)):
            if at > seconds - GAP_SECONDS:
                return planned
            planned.append(Strike(at, fault, f"{seed} {len(planned)}"))
            at += gap * chance.uniform(0.5, 1.5 if len(planned) > len(chosen) else 1.0)


class Faults:
    """Strikes a site as planned; ``struck`` counts what really did."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._locks = {
            name: threading.Lock() for name in ("kafka", "postgres", "disk", "group", "partitions", "commit")
        }
        self._sinks = [threading.Lock() for _ in range(len(site.sinks))]
        self.struck: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[random.Random], int]] = {
            "sink killed": self._kill_sink,
            "sink frozen past its session": self._freeze_sink,
            "Kafka node killed and restarted": self._kill_node,
            "PostgreSQL killed and restarted": self._kill_postgres,
            "commit cut before it reached the catalog": lambda _: self._cut(Cut.UNSENT),
            "commit cut after it went through": lambda _: self._cut(Cut.UNHEARD),
            "commit cut, going through late": lambda chance: self._cut(Cut.LATE, chance.uniform(0.1, 1.5)),
            "disk full": self._fill_disk,
            "partition added": self._add_partition,
            "rebalance storm": self._storm,
            "transactions aborted": self._abort,
        }

    def run(self, planned: Sequence[Strike], stop: threading.Event) -> None:
        """Strike as planned, side by side where one takes longer than the next waits.

        Raises:
            Exception: what a fault met that it did not expect.
        """
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.kinds)) as pool:
            under_way: list[Future[None]] = []
            for strike in planned:
                if stop.wait(max(began + strike.at - time.monotonic(), 0)):
                    break
                under_way.append(pool.submit(self._strike, strike))
                for each in under_way:
                    if each.done():
                        each.result()
            for each in under_way:
                each.result()

    def _strike(self, strike: Strike) -> None:
        count = self.kinds[strike.fault](random.Random(strike.seed))
        if count:
            self.struck[strike.fault] += count

    def _kill_sink(self, chance: random.Random) -> int:
        number = chance.randrange(len(self._site.sinks))
        with self._sinks[number]:
            _wait(lambda: self._site.sinks.has_landed(number), WAIT_SECONDS)
            time.sleep(chance.uniform(0, 1))
            return int(self._site.sinks.kill(number))

    def _freeze_sink(self, chance: random.Random) -> int:
        number = chance.randrange(len(self._site.sinks))
        with self._sinks[number]:
            _wait(lambda: self._site.sinks.has_landed(number), WAIT_SECONDS)
            return int(self._site.sinks.freeze(number, SESSION_SECONDS + chance.uniform(1, 4)))

    def _kill_node(self, chance: random.Random) -> int:
        node = chance.choice(NODES)
        with self._locks["kafka"]:
            self._site.cluster.kill(node)
            time.sleep(chance.uniform(0.5, 4))
            self._site.cluster.launch(node)
            self._site.cluster.wait_until_whole(WHOLE_SECONDS)
        return 1

    def _kill_postgres(self, chance: random.Random) -> int:
        with self._locks["postgres"]:
            process = self._site.postgres.process()
            if process is None:
                raise RuntimeError(f"PostgreSQL ended by itself: see {self._site.postgres.log}")
            processes.kill(process)
            time.sleep(chance.uniform(0, 3))
            self._site.postgres.launch(lambda _: None)
            self._site.postgres.wait_until_ready(WAIT_SECONDS)
        return 1

    def _cut(self, cut: Cut, delay: float = 0.0) -> int:
        with self._locks["commit"]:
            before = self._site.proxy.cuts[cut]

            def has_struck() -> bool:
                # One that the server refuses, as of a batch that another sink has landed, is no strike: the next one.
                self._site.proxy.arm(cut, delay)
                return self._site.proxy.cuts[cut] > before

            _wait(has_struck, WAIT_SECONDS)
            self._site.proxy.disarm()
            return self._site.proxy.cuts[cut] - before

    def _fill_disk(self, chance: random.Random) -> int:
        with self._locks["disk"]:
            marks = self._site.sinks.marks()
            try:
                chaos_disk.fill(self._site.lake)
                found = _wait(lambda: self._site.sinks.have_told("No space left on device", marks), WAIT_SECONDS)
                time.sleep(chance.uniform(0, 2))
            finally:
                chaos_disk.free(self._site.lake)
        return int(found)

    def _add_partition(self, chance: random.Random) -> int:
        topic = chance.choice(self._site.feeds).topic
        with self._locks["partitions"]:
            count = self._partitions(topic)
            if count >= PARTITIONS_AT_MOST:
                return 0

            def is_added() -> bool:
                # A new client each time: one may wait in vain for a node that is away.
                with suppress(KafkaException, TimeoutError), AdminClient(self._client()) as admin:
                    admin.create_partitions([NewPartitions(topic, count + 1)])[topic].result(5)
                return self._partitions(topic) > count

            return int(_wait(is_added, WHOLE_SECONDS))

    def _partitions(self, topic: str) -> int:
        with AdminClient(self._client()) as admin:
            return len(admin.list_topics(topic, timeout=WAIT_SECONDS).topics[topic].partitions)

    def _storm(self, chance: random.Random) -> int:
        """Members join, get partitions, read nothing and leave; returns how many got some."""
        with self._locks["group"]:
            return sum(self._join(chance) for _ in range(chance.randint(4, 8)))

    def _join(self, chance: random.Random) -> bool:
        given: list[Any] = []

        def note(_consumer: Consumer, partitions: list[Any]) -> None:
            given.extend(partitions)

        ours = {
            "group.id": self._site.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": int(SESSION_SECONDS * 1000),
        }
        member = Consumer(self._client() | ours)
        try:
            member.subscribe([feed.topic for feed in self._site.feeds], on_assign=note)
            until = time.monotonic() + chance.uniform(0.2, 5)
            while not given and time.monotonic() < until:
                member.poll(POLL_SECONDS)
        finally:
            member.close()
        return bool(given)

    def _abort(self, chance: random.Random) -> int:
        before = self._site.transactions.aborted
        self._site.transactions.abort_next(chance.randint(1, 4))
        _wait(lambda: self._site.transactions.aborted > before, WAIT_SECONDS)
        return self._site.transactions.aborted - before

    def _client(self) -> dict[str, Any]:
        return {"bootstrap.servers": self._site.cluster.bootstrap_servers, "log_level": 0}


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
