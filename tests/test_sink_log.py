"""The sink's log for programs: a JSON object a line, with batch and offsets, and nothing of a message."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from conditions import wait_until
from confluent_kafka import Producer
from landing_bench import Bench, party

from cli.log_lines import LogFormat, log_lines, log_step
from local.ports import LOOPBACK
from local.topics import ensure_topics
from sinks.librdkafka import Callbacks, Client, Repeated

VIGIL = [sys.executable, "-c", "from cli.main import main; main()", "sink", "run", "--log-format", "json"]
NAMED, KEY = "Zaphod Beeblebrox", "key-42"


def lines(text: str) -> list[dict[str, Any]]:
    found = [orjson.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "event"} <= set(line) for line in found)
    return found


def test_a_line_a_batch_agrees_with_the_ledger(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    values = [*(party(number, name=NAMED) for number in range(250)), b"{" + NAMED.encode(), b""]
    bench.send(values, key=KEY.encode())
    capsys.readouterr()
    bench.land(observe=log_step, batch_rows=100)
    told = capsys.readouterr().err
    commits = [line for line in lines(told) if line["event"] == "committed"]
    assert [
        (line["batch"], line["offsets"][0]["first"], line["offsets"][0]["next"], line["rows"]) for line in commits
    ] == bench.query(
        "select commit_id, ranges[1].first_offset, ranges[1].next_offset, rows "
        "from lake.ledger.commits order by ranges[1].first_offset"
    )
    assert all(line["offsets"][0]["topic"] == bench.topic and line["seconds"] > 0 for line in commits)
    parts = [line["topics"][bench.topic] for line in commits]
    assert sum(part["dead_letters"] for part in parts) == 2
    assert {reason for part in parts for reason in part["reasons"]} == {"malformed", "empty"}
    assert sum(part["bytes"] for part in parts) == sum(map(len, values)) + len(KEY) * len(values)
    assert NAMED not in told
    assert KEY not in told


def test_a_command_writes_only_json_lines(kafka: str, catalog: tuple[str, Path], tmp_path: Path) -> None:
    ensure_topics(kafka, {"bank.parties": 1})
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce("bank.parties", party(1), key=b"P1")
    assert producer.flush(30) == 0
    environment = {
        **os.environ,
        "VIGIL_HOME": str(tmp_path),
        "VIGIL_CATALOG": catalog[0],
        "VIGIL_DATA_PATH": str(catalog[1]),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
    }
    order = ["--topic", "bank.parties", "--until-caught-up", "--metrics-port", "0"]
    ended = subprocess.run([*VIGIL, *order], env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert {"progress", "serving", "assigned", "committed", "revoked"} <= {
        line["event"] for line in lines(ended.stderr)
    }
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            [*VIGIL, "--topic", "bank.parties", "--metrics-port", port],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert refused.returncode == 1
    last = lines(refused.stderr)[-1]
    assert (last["event"], last["level"]) == ("failed", "error")
    assert port in last["message"]


def test_what_librdkafka_says_is_told_in_json_too(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        address = "{}:{}".format(*server.getsockname())
    nothing = Callbacks(*[lambda _: None] * 3)
    told = ""

    def fails() -> bool:
        nonlocal told
        told += capfd.readouterr().err
        return "Connection refused" in told

    with log_lines(LogFormat.JSON):
        # Nobody listens there any more.
        client = Client({"bootstrap.servers": address, "group.id": "g", "debug": "conf"}, nothing)
        client.subscribe(["any"])
        wait_until(fails, "librdkafka tells of a broker that is away")
        client.close()
    told += capfd.readouterr().err
    found = lines(told)
    assert {line["event"] for line in found} == {"librdkafka"}
    assert {line["level"] for line in found if address in line["message"] and "FAIL" in line["message"]} == {"error"}
    assert {"CONF", "FAIL"} <= {line["message"].split()[0] for line in found}


def test_a_broker_that_stays_away_is_told_of_once_a_minute() -> None:
    repeated = Repeated()
    one, other = b"[thrd:kafka-1:9092/1]: kafka-1:9092/1: Connect to 1", b"[thrd:kafka-2:9092/2]: kafka-2:9092/2: Con"
    told = [repeated.left_out(b"FAIL", line, now) for now in (0.0, 1.0, 59.0) for line in (one, other)]
    assert told == [0, 0, None, None, None, None]
    assert repeated.left_out(b"ERROR", one, 59.0) == 0
    assert repeated.left_out(b"FAIL", one, 61.0) == 2
    assert repeated.left_out(b"FAIL", one, 122.0) == 0
    assert [repeated.left_out(b"CONF", one, 62.0) for _ in range(3)] == [0, 0, 0]
