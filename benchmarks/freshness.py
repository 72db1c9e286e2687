"""How soon a produced message is seen by a query in another process: at half of the sink's top rate, or as a trickle.

    python benchmarks/freshness.py [--rate N] [--seconds 60] [--warm-seconds 30] [--messages 500000] [--json]
    python benchmarks/freshness.py --trickle [--minutes 10] [--upkeep-seconds 20] [--keep-minutes 2] [--json]

The top rate is what the same sink makes of a topic of ``--messages`` first, from its first commit to its last;
``--rate`` names a rate instead. Then a producer sends at half of it. Its time of sending is the message's Kafka
timestamp, in whole milliseconds rounded down. What is sent in the first ``--warm-seconds`` is not counted: a broker
that has just started compiles its code meanwhile and takes a core for itself.
A process attached to the lake as an analyst's asks for new rows again and again; a message's age is the time at which
the answer that first had it was there, minus its timestamp. So query and pause are in the age, and whatever became
visible during a query counts from the end of the next one: the time between two answers is printed as resolution.

``--trickle``: ten messages a second over twenty topics, and beside the ages how many files and snapshots the lake has
while the sink keeps it up. Snapshots live an hour at least; so that a short run shows that they end, the sink's clock
is ahead, and they live ``--keep-minutes``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from freshness_reader import read
from ingest import TOPIC, fill, lake_of, transaction

from contracts import Contract, contract_for
from lakehouse.attach import connect
from local.postgres import Postgres
from local.services import running
from local.topics import ensure_topics
from sinks import Event, SinkConfig, Step, run
from sinks.clock import utc_now

P50_MS, P99_MS = 400, 1000
VERDICTS = {True: "met", False: "missed", None: "not judged, as less was sent than wanted; name a lower --rate"}
TRICKLE_TOPICS, TRICKLE_RATE = 20, 10
# Samples of a run; ages are also told for each of these parts of it.
PARTS = 10
# Never more than this many messages have the same stamp.
MOST_AT_ONCE = 2_000
WARM_SECONDS = 300.0
LEAVE_SECONDS = 60.0


def main() -> None:
    """Run the benchmark, or one process of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, help="messages a second; by default half of the top rate")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to send what is counted")
    parser.add_argument("--warm-seconds", type=float, default=30.0, help="how long to send before that")
    parser.add_argument("--messages", type=int, default=500_000, help="for the top rate")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--size", type=int, choices=(400, 2000), default=400, help="bytes a message, about")
    parser.add_argument("--trickle", action="store_true", help="a few messages over many topics")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to trickle")
    parser.add_argument("--upkeep-seconds", type=float, default=20.0, help="of the trickle; 0 for no upkeep")
    parser.add_argument("--keep-minutes", type=float, default=2.0, help="how long the trickle's snapshots live")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        order = json.loads(arguments.part)
        PROCESSES[order["part"]](order)
        return
    with tempfile.TemporaryDirectory(prefix="vigil-freshness-") as folder:
        report = measure(Path(folder), arguments)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Start services in ``home``, a sink and a reader; send, and take the ages."""
    with running(home, progress=progress) as services:
        topics = topics_of(arguments.trickle)
        partitions = 1 if arguments.trickle else arguments.partitions
        ensure_topics(services.bootstrap_servers, dict.fromkeys(topics, partitions))
        Postgres(home).create_database("freshness")
        order = {
            "kafka": services.bootstrap_servers,
            "home": str(home),
            "catalog": Postgres(home).catalog("freshness"),
            "data_path": str(home / "freshness"),
            "topics": topics,
            "upkeep_seconds": arguments.upkeep_seconds if arguments.trickle else 0,
            "ahead_seconds": 3600 - 60 * arguments.keep_minutes if arguments.trickle else 0,
        }
        backlog = arguments.messages
        if arguments.trickle or arguments.rate:
            backlog = len(topics) * partitions
            paced(services.bootstrap_servers, topics, partitions, backlog, backlog, arguments.size)
        else:
            fill(services.bootstrap_servers, backlog, partitions, arguments.size)
        with landing(order) as landed:
            top = landed(backlog)
            progress(f"top rate: {top:,.0f} messages/s" if backlog == arguments.messages else "sink is warm")
            rate = TRICKLE_RATE if arguments.trickle else arguments.rate or top / 2
            warm = 0.0 if arguments.trickle else arguments.warm_seconds
            seconds = 60 * arguments.minutes if arguments.trickle else warm + arguments.seconds
            messages = int(rate * seconds)
            asked = {
                **order,
                "messages": messages,
                "partitions": partitions,
                "seconds": seconds,
                "warm_seconds": warm,
                "parts": PARTS,
            }
            with reading(asked) as ages, sampling(order, seconds if arguments.trickle else 0) as samples:
                took = paced(services.bootstrap_servers, topics, partitions, messages, rate, arguments.size)
                found = ages()
    return {
        "top_messages_a_second": None if arguments.trickle or arguments.rate else top,
        "messages_a_second": rate,
        "sent_a_second": messages / took,
        "warm_seconds": warm,
        "topics": len(topics),
        "partitions": partitions,
        "size": arguments.size,
        **found,
        # A machine that cannot send as much as wanted tells nothing about that rate.
        "on_target": found["p50_ms"] < P50_MS and found["p99_ms"] < P99_MS if messages / took > 0.9 * rate else None,
        "lake": samples,
        "load": os.getloadavg()[0],
    }


def topics_of(trickle: bool) -> list[str]:
    """The topics' names; all have the contract of one."""
    return [f"{TOPIC}.{number:02}" for number in range(TRICKLE_TOPICS)] if trickle else [TOPIC]


def contracts_of(order: dict[str, Any]) -> dict[str, Contract]:
    """The contracts of the topics."""
    return {topic: contract_for(TOPIC).model_copy(update={"topic": topic}) for topic in order["topics"]}


def progress(line: str) -> None:
    """Tell on standard error."""
    print(line, file=sys.stderr)


def paced(servers: str, topics: list[str], partitions: int, messages: int, rate: float, about: int) -> float:
    """Send the messages at ``rate`` a second, over the topics and partitions in turn; returns the seconds it took."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "queue.buffering.max.messages": 500_000})
    began, sent = time.monotonic(), 0
    while sent < messages:
        due = min(messages, int((time.monotonic() - began) * rate) + 1, sent + MOST_AT_ONCE)
        stamp = int(time.time() * 1000)
        for number in range(sent, due):
            topic, partition = topics[number % len(topics)], number // len(topics) % partitions
            value, key = transaction(number, about), b"A%08d" % (number % 50_000)
            while True:
                try:
                    producer.produce(topic, value, key, partition, timestamp=stamp)
                    break
                except BufferError:
                    producer.poll(0.01)
        sent = max(sent, due)
        producer.poll(0.002)
    assert producer.flush(120) == 0
    return time.monotonic() - began


@contextmanager
def part(name: str, order: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process of this benchmark, ended after the block."""
    command = [sys.executable, __file__, "--part", json.dumps(order | {"part": name})]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def landing(order: dict[str, Any]) -> Iterator[Callable[[int], float]]:
    """A sink; what is yielded waits until it has landed so many messages and returns how many a second."""
    with part("sink", order) as process:
        assert process.stdout is not None
        lines = process.stdout
        done = threading.Event()
        heard: list[dict[str, float]] = []
        wanted = 0

        def listen() -> None:
            for line in lines:
                heard.append(json.loads(line))
                if wanted and heard[-1]["messages"] >= wanted:
                    done.set()
            done.set()

        def landed(messages: int) -> float:
            nonlocal wanted
            wanted = messages
            thread.start()
            done.wait(WARM_SECONDS)
            if not heard or heard[-1]["messages"] < messages:
                raise SystemExit(
                    f"the sink has not landed {messages} messages within {WARM_SECONDS:.0f} s: {heard[-1:]}"
                )
            first, last = heard[0], next(each for each in heard if each["messages"] >= messages)
            # From the first commit on: what comes before may be the compiling of code.
            since = first if last is not first else {"messages": 0, "seconds": 0.0}
            return (last["messages"] - since["messages"]) / (last["seconds"] - since["seconds"])

        thread = threading.Thread(target=listen, daemon=True)
        yield landed


@contextmanager
def reading(order: dict[str, Any]) -> Iterator[Callable[[], dict[str, Any]]]:
    """A reader, which is attached when the block begins; what is yielded waits for what it has found."""
    with part("reader", order) as process:
        assert process.stdout is not None
        lines = process.stdout
        assert json.loads(lines.readline()) == "ready"

        def ages() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(lines.readline() or "{}")
            if not found:
                raise SystemExit("the reader has ended without an answer; what it said is above")
            return found

        yield ages


@contextmanager
def sampling(order: dict[str, Any], seconds: float) -> Iterator[list[dict[str, float]]]:
    """Count the lake's files and snapshots ten times in ``seconds``, beside the block; not at all if that is 0."""
    samples: list[dict[str, float]] = []
    over = threading.Event()
    began = time.monotonic()

    def sample() -> None:
        with connect(lake_of(order), read_only=True) as lake:
            for number in range(PARTS + 1):
                if over.wait(max(0.0, began + number * seconds / PARTS - time.monotonic())):
                    return
                (files,) = lake.execute("select sum(file_count) from ducklake_table_info('lake')").fetchone() or (0,)
                (snapshots,) = lake.execute("select count(*) from lake.snapshots()").fetchone() or (0,)
                on_disk = sum(1 for _ in Path(order["data_path"]).rglob("*.parquet"))
                now = round(time.monotonic() - began, 1)
                samples.append({"second": now, "files": int(files), "on_disk": on_disk, "snapshots": snapshots})

    thread = threading.Thread(target=sample)
    if seconds:
        thread.start()
    try:
        yield samples
    finally:
        over.set()
        if seconds:
            thread.join()


def sink(order: dict[str, Any]) -> None:
    """Land until SIGTERM; a line of JSON at each commit."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    began: list[float] = []
    messages = 0

    def observe(event: Event) -> None:
        nonlocal messages
        if event.step is Step.ASSIGNED and not began:
            began.append(time.monotonic())
        elif event.step is Step.COMMITTED:
            messages += sum(counts.rows + counts.dead_letters for counts in event.counts.values())
            print(json.dumps({"messages": messages, "seconds": time.monotonic() - began[0]}), flush=True)

    config = SinkConfig(
        topics=tuple(order["topics"]), group="freshness", upkeep_seconds=order["upkeep_seconds"], upkeep_keep_hours=1
    )
    ahead = timedelta(seconds=order["ahead_seconds"])
    run(
        config,
        lake_of(order),
        stop,
        observe=observe,
        clock=lambda: utc_now() + ahead,
        contracts=contracts_of(order),
    )


def reader(order: dict[str, Any]) -> None:
    """Ask for new rows until all have come."""
    tables = [contract.table for contract in contracts_of(order).values()]
    with connect(lake_of(order), read_only=True) as lake:
        found = read(lake, tables, order, lambda: print(json.dumps("ready"), flush=True))
    print(json.dumps(found), flush=True)


PROCESSES = {"sink": sink, "reader": reader}


def told(report: dict[str, Any]) -> str:
    """The report for people."""
    top = report["top_messages_a_second"]
    lines = [
        (f"top rate {top:,.0f} messages/s; " if top else "")
        + f"sent {report['sent_a_second']:,.0f} of {report['messages_a_second']:,.0f} messages/s over "
        f"{report['topics']} topics (load {report['load']:.1f})",
        f"seen by a query after: p50 {report['p50_ms']:,.0f} ms, p99 {report['p99_ms']:,.0f} ms, at most "
        f"{report['most_ms']:,.0f} ms, of {report['messages']:,} messages",
        f"resolution (from one answer to the next): p50 {report['resolution_p50_ms']:,.0f} ms, p99 "
        f"{report['resolution_p99_ms']:,.0f} ms",
        f"targets (p50 < {P50_MS} ms, p99 < {P99_MS} ms): {VERDICTS[report['on_target']]}",
        "p50/p99 in each tenth: " + ", ".join(f"{p50:,.0f}/{p99:,.0f} ms" for p50, p99 in report["over_time"]),
    ]
    lines += [
        f"second {each['second']:>5,.0f}: {each['files']:>4} files of the lake, {each['on_disk']:>4} on disk, "
        f"{each['snapshots']:>5} snapshots"
        for each in report["lake"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
