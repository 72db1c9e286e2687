"""Avro by Kafka, registry and sink, all real: schemas change, and the registry goes away, while the sink runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from avro_of_contracts import encoded, event_of, schema_of
from conditions import wait_until
from landing_bench import Bench, party
from schemas import register

from local.ports import LOOPBACK
from sinks import run
from sinks.config import RegistrySettings
from sinks.dead_letter_replay import replay
from sinks.dead_letters import Selection
from sinks.errors import SchemaIncompatible


class Road(ThreadingHTTPServer):
    """The road to the registry; where it is ``closed`` there is an error instead."""

    def __init__(self, registry: str) -> None:
        self.closed = False
        self.refused = 0
        road = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = urllib3.request("GET", registry + self.path, timeout=60)
                status, body = (503, b"") if road.closed else (answer.status, answer.data)
                road.refused += status == 503
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        super().__init__((LOOPBACK, 0), Handler)


@pytest.fixture
def road(registry: str) -> Iterator[Road]:
    server = Road(registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bench(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> Bench:
    made = Bench(kafka, new_topic, catalog)
    # The lake is there before the test asks it.
    made.land()
    return made


@contextmanager
def landing(bench: Bench, road: Road) -> Iterator[None]:
    """One sink that runs for the length of the block."""
    stop, failures = threading.Event(), []
    settings = RegistrySettings(url=f"http://{LOOPBACK}:{road.server_port}")
    config = bench.config(formats={bench.topic: "avro"}, registry=settings)

    def land() -> None:
        try:
            run(config, bench.settings, stop, contracts=bench.contracts)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=land)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures


def written(bench: Bench, registry: str, number: int, more: dict[str, Any] | None = None, **changed: Any) -> bytes:
    schema = schema_of(bench.contract, **changed)
    known = register(registry, f"{bench.topic}-value", schema)
    return encoded(schema, event_of(bench.contract, party(number)) | (more or {}), known)


def landed(bench: Bench) -> int:
    return int(bench.query("select count(*) from {table}")[0][0])


def test_added_fields_become_columns_while_the_sink_runs(bench: Bench, road: Road, registry: str) -> None:
    decimals = {"type": "bytes", "logicalType": "decimal", "scale": 4}
    with landing(bench, road):
        bench.send([written(bench, registry, 1)])
        wait_until(lambda: landed(bench) == 1, "the first landed", 120)
        limited = written(bench, registry, 2, {"limit": Decimal("1.5")}, limit=decimals | {"precision": 18})
        bench.send([limited])
        wait_until(lambda: landed(bench) == 2, "the added field landed", 120)
        wide = Decimal("1234567890123456.5")
        bench.send([written(bench, registry, 3, {"limit": wide}, limit=decimals | {"precision": 20}), limited])
        wait_until(lambda: landed(bench) == 4, "the widened field landed", 120)
    rows = bench.query('select party_id, "limit" from {table} order by _offset')
    assert rows == [("P1", None), ("P2", Decimal("1.5")), ("P3", wide), ("P2", Decimal("1.5"))]
    bench.proves_exact(4)


def test_without_the_registry_known_schemas_land_and_others_wait(bench: Bench, road: Road, registry: str) -> None:
    with landing(bench, road):
        bench.send([written(bench, registry, 1)])
        wait_until(lambda: landed(bench) == 1, "the first landed", 120)
        road.closed = True
        bench.send([written(bench, registry, 2)])
        wait_until(lambda: landed(bench) == 2, "a known schema landed", 120)
        before = road.refused
        bench.send([written(bench, registry, 3, {"score": 0.5}, score="double")])
        wait_until(lambda: road.refused > before, "the unknown schema was asked for", 120)
        road.closed = False
        wait_until(lambda: landed(bench) == 3, "the unknown schema landed", 120)
    assert bench.query("select count(*) from lake.ledger.dead_letters") == [(0,)]
    bench.proves_exact(3)


def test_a_type_that_clashes_with_what_landed_before_the_restart_is_set_aside(bench: Bench, registry: str) -> None:
    settings: dict[str, Any] = {"formats": {bench.topic: "avro"}, "registry": RegistrySettings(url=registry)}
    bench.send([written(bench, registry, 1, {"score": 5}, score="long")])
    bench.land(**settings)
    clashing = written(bench, registry, 2, {"score": "high"}, score="string")
    bench.send([clashing, written(bench, registry, 3, {"score": 6}, score="long"), clashing])
    with pytest.raises(SchemaIncompatible, match="score is string in the schema, int64 in the landing table"):
        bench.land(**settings)
    bench.land(**settings, on_incompatible="dead_letter")
    assert bench.query("select party_id, score from {table} order by _offset") == [("P1", 5), ("P3", 6)]
    bench.proves_exact(2, 2)
    # Nor do they land by a replay, which would end with an error if they were tried.
    config = bench.config(**settings, on_incompatible="dead_letter")
    (fate,) = replay(bench.settings, Selection(topic=bench.topic), contracts=bench.contracts, config=config)
    assert (fate.reason, fate.letters) == ("incompatible_schema", 2)
