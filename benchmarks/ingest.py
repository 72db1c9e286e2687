"""How fast the sink lands a topic, beside a bare consume loop on the same topic, in one run.

    python benchmarks/ingest.py [--messages 1000000] [--partitions 4] [--rounds 3] [--json]

The bare loop takes each message's value, offset and timestamp out, and does nothing with them. Both read with the same
librdkafka settings, each in a process of its own, in turn; the figures are medians of the rounds. Time runs from when a
process may begin to read until the last message is read (bare) or committed (sink).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from contracts import contract_for
from lakehouse.settings import Settings
from local.postgres import Postgres
from local.services import running
from local.topics import ensure_topics
from sinks import Event, SinkConfig, Step, run_until_caught_up
from sinks.consumer import MESSAGES_A_CALL, TUNING

TOPIC = "bank.transactions"


def main() -> None:
    """Run the benchmark, or one reader of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-rows", type=int, default=SinkConfig.model_fields["batch_rows"].default)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--reader", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reader:
        order = json.loads(arguments.reader)
        print(json.dumps(read_bare(order) if order["kind"] == "bare" else read_sink(order)))
        return
    with tempfile.TemporaryDirectory(prefix="vigil-ingest-") as folder:
        report = measure(Path(folder), arguments)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Start services in ``home``, fill the topic and let the readers read it in turn."""

    def progress(line: str) -> None:
        print(line, file=sys.stderr)

    with running(home, progress=progress) as services:
        ensure_topics(services.bootstrap_servers, {TOPIC: arguments.partitions})
        size = fill(services.bootstrap_servers, arguments.messages, arguments.partitions)
        rounds: dict[str, list[dict[str, float]]] = {"bare": [], "sink": []}
        for number in range(arguments.rounds):
            for kind, found in rounds.items():
                order = {
                    "kind": kind,
                    "kafka": services.bootstrap_servers,
                    "messages": arguments.messages,
                    "partitions": arguments.partitions,
                    "batch_rows": arguments.batch_rows,
                    "home": str(home),
                }
                if kind == "sink":
                    # A lake of its own each round: nothing of the round before is there to be skipped.
                    name = f"round_{number}"
                    Postgres(home).create_database(name)
                    order |= {"catalog": Postgres(home).catalog(name), "data_path": str(home / name), "group": name}
                found.append(read(order))
                progress(f"{kind}: {found[-1]}")
    medians = {kind: median(found, arguments.messages) for kind, found in rounds.items()}
    return {
        "messages": arguments.messages,
        "bytes_a_message": size,
        "partitions": arguments.partitions,
        "batch_rows": arguments.batch_rows,
        **medians,
        "ratio": medians["sink"]["messages_a_second"] / medians["bare"]["messages_a_second"],
        "rounds": rounds,
    }


def fill(servers: str, messages: int, partitions: int) -> float:
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
    for number in range(messages):
        value = transaction(number)
        total += len(value)
        while True:
            try:
                producer.produce(TOPIC, value, key=b"A%08d" % (number % 50_000), partition=number % partitions)
                break
            except BufferError:
                producer.poll(0.1)
        if not number % 10_000:
            producer.poll(0)
    assert producer.flush(120) == 0
    return total / messages


def transaction(number: int) -> bytes:
    """A posted movement as a core banking system would tell it, all identifiers different."""
    cents = number * 7919 % 9_000_000
    return (
        b'{"transaction_id":"T%012d","idempotency_key":"T%012d-1","end_to_end_id":"E%012d","account_id":"A%08d",'
        b'"direction":"%s","booked_at":"2026-01-%02dT%02d:%02d:%02d.%06dZ","method":"credit_transfer",'
        b'"instructed_amount":"%d.%02d","instructed_currency":"EUR","settled_amount":"%d.%02d",'
        b'"settled_currency":"EUR","debtor_name":"Debtor %d","creditor_account_id":"DE%018d"}'
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
    )


def read(order: dict[str, Any]) -> dict[str, float]:
    """One reader, in a process of its own."""
    command = [sys.executable, __file__, "--reader", json.dumps(order)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


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


def read_sink(order: dict[str, Any]) -> dict[str, float]:
    """Land the topic."""
    settings = Settings(
        home=Path(order["home"]),
        catalog=order["catalog"],
        data_path=order["data_path"],
        kafka_bootstrap_servers=order["kafka"],
    )
    stopwatch: list[Stopwatch] = []
    last: list[dict[str, float]] = []
    lock = threading.Lock()

    def observe(event: Event) -> None:
        with lock:
            if event.step is Step.ASSIGNED:
                stopwatch.append(Stopwatch())
            elif event.step is Step.COMMITTED:
                last[:] = [stopwatch[0].read()]

    config = SinkConfig(topics=(TOPIC,), group=order["group"], batch_rows=order["batch_rows"])
    result = run_until_caught_up(config, settings, observe=observe, contracts={TOPIC: contract_for(TOPIC)})
    assert result.total.rows == order["messages"], result
    return last[0]


class Stopwatch:
    """Wall and CPU seconds of this process since it was made, and the most memory it ever held."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        """The figures now; memory in MB."""
        return {
            "seconds": time.monotonic() - self._wall,
            "cpu_seconds": time.process_time() - self._cpu,
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def median(rounds: list[dict[str, float]], messages: int) -> dict[str, float]:
    """The medians of the rounds, by the message and the million; memory is the worst."""
    return {
        "messages_a_second": messages / statistics.median(each["seconds"] for each in rounds),
        "cpu_seconds_a_million": statistics.median(each["cpu_seconds"] for each in rounds) * 1e6 / messages,
        "peak_memory_mb": max(each["peak_memory_mb"] for each in rounds),
    }


def told(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"{report['messages']:,} messages of {report['bytes_a_message']:.0f} bytes, {report['partitions']} partitions"
    ]
    for kind in ("bare", "sink"):
        found = report[kind]
        lines.append(
            f"{kind}: {found['messages_a_second']:>9,.0f} messages/s, "
            f"{found['cpu_seconds_a_million']:.1f} CPU s a million, peak memory {found['peak_memory_mb']:,.0f} MB"
        )
    return "\n".join([*lines, f"ratio: {report['ratio']:.2f}"])


if __name__ == "__main__":
    main()
