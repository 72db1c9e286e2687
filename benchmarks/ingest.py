"""How fast the sink lands a topic, beside bare consume loops and other tools on the same topic, in one run.

    python benchmarks/ingest.py [--messages 1000000] [--partitions 1|4|12] [--size 200|400|2000] [--processes 1|2]
                                [--rounds 3] [--peers quixstreams,bytewax,dlt,…|none] [--minutes 10]
                                [--format json|avro|protobuf] [--json]

``bare``: confluent-kafka's consumer, each message's value, offset and timestamp taken out. ``bare columns``: the same
out of librdkafka's memory by compiled code, as the sink reads. Nothing is done with either. All read with the same
librdkafka settings, each in a process of its own, in turn; the figures are medians of the rounds. Start-up is in none
of them: time and CPU run from when partitions are given to a reader (bare, sink) or from when it has its first message
(peers, which is later) until the last message is read (bare) or committed (sink, peers). Of two sinks, from when the
first is given partitions to when the last has committed. Peers (``benchmarks/peers``) land the same fields, typed, in a
DuckDB file; a row counts only if it is there. Peers and ``--size 200`` (events of eight fields) are for JSON alone.
``--format avro|protobuf`` has the same events with a registered schema; writing them takes about a minute a million.
The first round on a machine may compile code, so let there be three.
``--minutes`` lands for so long instead, and prints how much memory the sink held in each part of that time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psutil
from avro_events import avro_events
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from peers import HERE, NOT_MEASURED, PEERS, environment
from protobuf_messages import messages as protobuf_messages
from protobuf_messages import schema_of
from registration import register

from contracts import Contract, contract_for
from lakehouse.attach import connect
from lakehouse.settings import Settings
from local.postgres import Postgres
from local.services import running
from local.topics import ensure_topics
from sinks import Event, SinkConfig, Step, run, run_until_caught_up
from sinks.consumer import MESSAGES_A_CALL, TUNING, Rebalance, TopicConsumer
from sinks.records import Partition

TOPIC = "bank.transactions"
PEER_SECONDS = 900
# Python's names of threads, and librdkafka's.
THREAD_NAMES = {"MainThread": "main", "decode": "decoders", "commit": "commit", "rdk": "librdkafka"}
THREADS = (*THREAD_NAMES.values(), "other")


def main() -> None:
    """Run the benchmark, or one reader of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, choices=(200, 400, 2000), default=400, help="bytes a message, about")
    parser.add_argument("--format", choices=("json", "avro", "protobuf"), default="json")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1, help="sinks that share the topic")
    parser.add_argument("--peers", default=",".join(PEERS), help="names, or none")
    parser.add_argument("--state", type=Path, default=Path(".vigil/peers"), help="folder of the peers' environments")
    parser.add_argument("--minutes", type=float, default=0.0, help="land for so long, and watch the memory")
    parser.add_argument("--batch-rows", type=int, default=SinkConfig.model_fields["batch_rows"].default)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--reader", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reader:
        order = json.loads(arguments.reader)
        print(json.dumps(READERS[order["kind"]](order)))
        return
    if arguments.format != "json":
        if arguments.size == 200:
            parser.error("--size 200 is for JSON")
        arguments.peers = "none"
    with tempfile.TemporaryDirectory(prefix="vigil-ingest-") as folder:
        report = measure(Path(folder), arguments)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Start services in ``home``, fill the topic and let the readers read it in turn."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr)

    with running(home, progress=progress, registry=arguments.format != "json") as services:
        ensure_topics(services.bootstrap_servers, {TOPIC: arguments.partitions})
        arguments.registry = services.registry
        if arguments.minutes:
            return hold(home, services.bootstrap_servers, arguments)
        write = writer(arguments)
        size = fill(services.bootstrap_servers, arguments.messages, arguments.partitions, arguments.size, write)
        contenders = ["bare", "bare columns", "sink"]
        missing = dict(NOT_MEASURED)
        pythons = {}
        for name in [] if arguments.peers == "none" else arguments.peers.split(","):
            arguments.state.mkdir(parents=True, exist_ok=True)
            python, why = environment(PEERS[name], arguments.state.resolve())
            if python:
                pythons[name] = python
                contenders.append(name)
            else:
                missing[name] = why
        rounds: dict[str, list[dict[str, float]]] = {}
        for number in range(arguments.rounds):
            for kind in contenders:
                order = {
                    "kind": kind,
                    "kafka": services.bootstrap_servers,
                    "topic": TOPIC,
                    "messages": arguments.messages,
                    "partitions": arguments.partitions,
                    "batch_rows": arguments.batch_rows,
                    "size": arguments.size,
                    "format": arguments.format,
                    "registry": services.registry,
                    "home": str(home),
                    "group": f"{kind}_{number}".replace(" ", "_"),
                }
                try:
                    found = read_peer(order, pythons[kind]) if kind in pythons else read_all(order, home, arguments)
                except PeerFailed as error:
                    missing[kind] = str(error)
                    contenders.remove(kind)
                    rounds.pop(kind, None)
                    break
                rounds.setdefault(kind, []).append(found)
                progress(f"{kind}: {found} (load {os.getloadavg()[0]:.1f})")
    medians = {kind: median(found, arguments.messages) for kind, found in rounds.items()}
    rates = {kind: found["messages_a_second"] for kind, found in medians.items()}
    others = [rates[name] for name, peer in PEERS.items() if name in rates and peer.continuous]
    return {
        "messages": arguments.messages,
        "bytes_a_message": size,
        "format": arguments.format,
        "partitions": arguments.partitions,
        "processes": arguments.processes,
        "batch_rows": arguments.batch_rows,
        "readers": medians,
        "delivery": {"sink": "exactly once", **{name: PEERS[name].delivery for name in pythons if name in rates}},
        "not_measured": missing,
        "of_bare": rates["sink"] / rates["bare"],
        "of_bare_columns": rates["sink"] / rates["bare columns"],
        "times_best_peer": rates["sink"] / max(others) if others else None,
        "rounds": rounds,
    }


class PeerFailed(Exception):
    """A peer ended badly, or has not landed every row."""


def read_all(order: dict[str, Any], home: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """A reader of ours; of the sink as many processes as wanted, at once."""
    if order["kind"] != "sink":
        return read([order])
    # A lake of its own each round: nothing of the round before is there to be skipped.
    Postgres(home).create_database(order["group"])
    order |= {"catalog": Postgres(home).catalog(order["group"]), "data_path": str(home / order["group"])}
    found = read([order] * arguments.processes)
    with connect(lake_of(order)) as lake:
        landed = lake.execute(
            "select count(*), count(distinct (_partition, _offset)) from lake.landing.bank_transactions"
        )
        assert landed.fetchone() == (order["messages"], order["messages"])
    return found


def read_peer(order: dict[str, Any], python: Path) -> dict[str, float]:
    """A peer, in its own environment; its rows are counted.

    Raises:
        PeerFailed: it ended badly, or rows are missing.
    """
    peer = PEERS[order["kind"]]
    with tempfile.TemporaryDirectory(prefix="vigil-peer-") as folder:
        path = str(Path(folder) / "landed.duckdb")
        sent = order | {"path": path, "tuning": TUNING, "load_rows": peer.load_rows}
        command = [str(python), str(HERE / peer.script), json.dumps(sent)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PEER_SECONDS, cwd=folder)
        except subprocess.TimeoutExpired as error:
            raise PeerFailed(f"not done after {PEER_SECONDS} s") from error
        if done.returncode:
            raise PeerFailed(f"ended badly: {done.stderr.strip().splitlines()[-1]}")
        with duckdb.connect(path, read_only=True) as database:
            rows = database.execute("select count(*), count(distinct transaction_id) from transactions").fetchone()
        if rows is None or rows[1] != order["messages"]:
            raise PeerFailed(f"landed {rows} of {order['messages']} messages")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def hold(home: Path, servers: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Land what is produced for ``minutes``; the memory of the sink in each tenth of them, in MB."""
    order = {
        "kafka": servers,
        "home": str(home),
        "group": "hold",
        "batch_rows": arguments.batch_rows,
        "size": arguments.size,
        "format": arguments.format,
        "registry": arguments.registry,
    }
    Postgres(home).create_database("hold")
    order |= {"catalog": Postgres(home).catalog("hold"), "data_path": str(home / "hold")}
    write = writer(arguments)
    fill(servers, arguments.messages, arguments.partitions, arguments.size, write)
    command = [sys.executable, __file__, "--reader", json.dumps(order | {"kind": "endless"})]
    sink = subprocess.Popen(command)
    process = psutil.Process(sink.pid)
    end, memory = time.monotonic() + 60 * arguments.minutes, []
    try:
        for tenth in range(1, 11):
            most = 0
            while time.monotonic() < end - 6 * arguments.minutes * (10 - tenth):
                fill(servers, 50_000, arguments.partitions, arguments.size, write)
                most = max(most, process.memory_info().rss)
            memory.append(most / 2**20)
    finally:
        sink.terminate()
        sink.wait(60)
    return {"minutes": arguments.minutes, "memory_mb": memory, "at_most_1_gb": max(memory) <= 1024}


Writer = Callable[[list[bytes]], list[bytes]]


def writer(arguments: argparse.Namespace) -> Writer:
    """What turns JSON events into messages of the format; its schema is registered."""
    contract = contract_for(TOPIC)
    if arguments.format == "avro":
        schema, _ = avro_events(contract, [])
        number = register(arguments.registry, f"{TOPIC}-value", schema.text, "AVRO")
        frame = b"\0" + number.to_bytes(4, "big")
        return lambda events: [frame + each[len(frame) :] for each in avro_events(contract, events)[1]]
    if arguments.format == "protobuf":
        schema = schema_of(contract)
        number = register(arguments.registry, f"{TOPIC}-value", schema.text, "PROTOBUF")
        return partial(protobuf_messages, replace(schema, id=number))
    return lambda events: events


def fill(servers: str, messages: int, partitions: int, about: int, write: Writer = list) -> float:
    """Produce the messages, evenly; returns their mean size in bytes."""
    producer = Producer(
        {
            "bootstrap.servers": servers,
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
        }
    )
    total = 0
    for begin in range(0, messages, 10_000):
        events = [transaction(number, about) for number in range(begin, min(begin + 10_000, messages))]
        for number, value in enumerate(write(events), begin):
            total += len(value)
            while True:
                try:
                    producer.produce(TOPIC, value, key=b"A%08d" % (number % 50_000), partition=number % partitions)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.poll(0)
    assert producer.flush(120) == 0
    return total / messages


def transaction(number: int, about: int = 400) -> bytes:
    """A posted movement as a core banking system would tell it, all identifiers different; ``about`` so many bytes."""
    cents = number * 7919 % 9_000_000
    if about < 400:
        return (
            b'{"transaction_id":"T%012d","account_id":"A%08d","direction":"%s","booked_at":"2026-01-%02dT%02d:%02d:%02dZ",'
            b'"method":"cash","instructed_amount":"%d.%02d","instructed_currency":"EUR"}'
        ) % (
            number,
            number % 50_000,
            (b"credit", b"debit")[number % 2],
            number % 28 + 1,
            number % 24,
            number % 60,
            number // 60 % 60,
            cents // 100,
            cents % 100,
        )
    told = b"" if about == 400 else b',"remittance_information":"%s"' % (b"Invoice %012d " % number * 75)[: about - 440]
    return (
        b'{"transaction_id":"T%012d","idempotency_key":"T%012d-1","end_to_end_id":"E%012d","account_id":"A%08d",'
        b'"direction":"%s","booked_at":"2026-01-%02dT%02d:%02d:%02d.%06dZ","method":"credit_transfer",'
        b'"instructed_amount":"%d.%02d","instructed_currency":"EUR","settled_amount":"%d.%02d",'
        b'"settled_currency":"EUR","debtor_name":"Debtor %d","creditor_account_id":"DE%018d"%s}'
    ) % (
        number,
        number,
        number // 2,
        number % 50_000,
        (b"credit", b"debit")[number % 2],
        number % 28 + 1,
        number % 24,
        number % 60,
        number // 60 % 60,
        number % 1_000_000,
        cents // 100,
        cents % 100,
        cents // 100,
        cents % 100,
        number % 9_973,
        number * 31,
        told,
    )


def read(orders: list[dict[str, Any]]) -> dict[str, float]:
    """One reader or several at once, each in a process of its own; of several the sums, and the longest time."""
    commands = [[sys.executable, __file__, "--reader", json.dumps(order)] for order in orders]
    running_ones = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    outputs = [each.communicate()[0] for each in running_ones]
    assert not any(each.returncode for each in running_ones), [each.returncode for each in running_ones]
    # One that came too late to get anything has nothing to tell.
    found: list[dict[str, float]] = [told for output in outputs if (told := json.loads(output))]
    return {
        "began": min(each["began"] for each in found),
        "ended": max(each["ended"] for each in found),
        "cpu_seconds": sum(each["cpu_seconds"] for each in found),
        "peak_memory_mb": max(each["peak_memory_mb"] for each in found),
        **{name: sum(each[name] for each in found) for name in THREADS if name in found[0]},
    }


def read_bare(order: dict[str, Any]) -> dict[str, float]:
    """Take value, offset and timestamp out of every message."""
    consumer = Consumer(
        {**TUNING, "bootstrap.servers": order["kafka"], "group.id": "bare", "isolation.level": "read_committed"}
    )
    stopwatch = Stopwatch()
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(order["partitions"])])
    taken = 0
    while taken < order["messages"]:
        messages = consumer.consume(MESSAGES_A_CALL, 1.0)
        values = list(map(Message.value, messages))
        offsets = list(map(Message.offset, messages))
        timestamps = list(map(Message.timestamp, messages))
        assert len(values) == len(offsets) == len(timestamps)
        taken += len(values)
    found = stopwatch.read()
    consumer.close()
    return found


def read_columns(order: dict[str, Any]) -> dict[str, float]:
    """Take the same out of librdkafka's memory by compiled code."""
    starts = {Partition(TOPIC, number): 0 for number in range(order["partitions"])}

    def begin(partitions: list[Partition]) -> dict[Partition, int]:
        watch.append(Stopwatch())
        return {partition: starts[partition] for partition in partitions}

    watch: list[Stopwatch] = []
    config = SinkConfig(topics=(TOPIC,), group=order["group"])
    consumer = TopicConsumer(config, order["kafka"], Rebalance(begin, lambda _: None, lambda _: None))
    taken = 0
    while taken < order["messages"]:
        taken += sum(len(read.records) for read in consumer.read(MESSAGES_A_CALL, 1.0))
    found = watch[0].read()
    consumer.close()
    return found


def lake_of(order: dict[str, Any]) -> Settings:
    """The settings of a round's lake."""
    return Settings(
        home=Path(order["home"]),
        catalog=order["catalog"],
        data_path=order["data_path"],
        kafka_bootstrap_servers=order["kafka"],
    )


def config_of(order: dict[str, Any]) -> SinkConfig:
    """The settings of the sink."""
    settings = {"topics": TOPIC, "group": order["group"], "batch_rows": order["batch_rows"], "format": order["format"]}
    return SinkConfig.parse(settings | ({"registry.url": order["registry"]} if order["registry"] else {}))


def contract_of(order: dict[str, Any]) -> Contract:
    """The topic's contract; for small messages it requires what they have."""
    contract = contract_for(TOPIC)
    there = json.loads(transaction(0, order["size"])).keys()
    fields = [each.model_copy(update={"required": each.required and each.name in there}) for each in contract.fields]
    return contract.model_copy(update={"fields": tuple(fields)})


def read_endless(order: dict[str, Any]) -> dict[str, float]:
    """Land until SIGTERM."""
    stop, stopwatch = threading.Event(), Stopwatch()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run(config_of(order), lake_of(order), stop, contracts={TOPIC: contract_of(order)})
    return stopwatch.read()


def read_sink(order: dict[str, Any]) -> dict[str, float]:
    """Land the topic."""
    stopwatch: list[Stopwatch] = []
    before: list[dict[str, float]] = []
    last: list[dict[str, float]] = []
    lock = threading.Lock()

    def observe(event: Event) -> None:
        with lock:
            if event.step is Step.ASSIGNED:
                stopwatch.append(Stopwatch())
                before.append(cpu_by_threads())
            elif event.step is Step.COMMITTED:
                threads = {name: seconds - before[0][name] for name, seconds in cpu_by_threads().items()}
                last[:] = [stopwatch[0].read() | threads]

    run_until_caught_up(config_of(order), lake_of(order), observe=observe, contracts={TOPIC: contract_of(order)})
    return last[0] if last else {}


READERS = {"bare": read_bare, "bare columns": read_columns, "sink": read_sink, "endless": read_endless}


class Stopwatch:
    """When it was made and read, CPU seconds of this process in between, and the most memory it ever held."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        """The figures now; memory in MB."""
        return {
            "began": self._wall,
            "ended": time.monotonic(),
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def cpu_by_threads() -> dict[str, float]:
    """CPU seconds of this process so far, by what its threads are for."""
    ours = {thread.native_id: thread.name.partition("_")[0] for thread in threading.enumerate()}
    found = dict.fromkeys(THREADS, 0.0)
    for each in psutil.Process().threads():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            name = ours.get(each.id) or Path(f"/proc/self/task/{each.id}/comm").read_text().partition(":")[0]
            found[THREAD_NAMES.get(name, "other")] += each.user_time + each.system_time
    return found


def median(rounds: list[dict[str, float]], messages: int) -> dict[str, float]:
    """The medians of the rounds, by the message and the million; memory is the worst."""
    return {
        "messages_a_second": messages / statistics.median(each["ended"] - each["began"] for each in rounds),
        "cpu_seconds_a_million": statistics.median(each["cpu_seconds"] for each in rounds) * 1e6 / messages,
        "peak_memory_mb": max(each["peak_memory_mb"] for each in rounds),
        **{
            name: statistics.median(each[name] for each in rounds) * 1e6 / messages
            for name in THREADS
            if name in rounds[0]
        },
    }


def told(report: dict[str, Any]) -> str:
    """The report for people."""
    if "memory_mb" in report:
        return "memory in each tenth: " + ", ".join(f"{each:,.0f} MB" for each in report["memory_mb"])
    lines = [
        f"{report['messages']:,} messages of {report['bytes_a_message']:.0f} bytes ({report['format']}), "
        f"{report['partitions']} partitions, "
        f"{report['processes']} sink processes"
    ]
    for kind, found in report["readers"].items():
        lines.append(
            f"{kind:13} {found['messages_a_second']:>9,.0f} messages/s, {found['cpu_seconds_a_million']:5.1f} CPU s a "
            f"million, peak memory {found['peak_memory_mb']:5,.0f} MB  {report['delivery'].get(kind, '')}"
        )
    sink = report["readers"]["sink"]
    lines.append("CPU s a million of the sink's threads: " + ", ".join(f"{name} {sink[name]:.1f}" for name in THREADS))
    lines += [f"{name:13} not measured: {why}" for name, why in report["not_measured"].items()]
    lines.append(f"of bare: {report['of_bare']:.2f}, of bare columns: {report['of_bare_columns']:.2f}")
    if report["times_best_peer"]:
        lines.append(f"times the best peer that lands continuously: {report['times_best_peer']:.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
