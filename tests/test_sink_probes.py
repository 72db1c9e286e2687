"""The probes of a sink tell the truth: ready only while it can land, alive only while its loop turns."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conditions import wait_until
from faults import stop_postgres_at_once
from landing_bench import Bench, party
from scraping import watched

from local.ports import LOOPBACK
from local.services import Services, up
from sinks import Event, SinkConfig, Step
from sinks.errors import SinkMisconfigured
from sinks.health import Health


def test_ready_while_the_lake_answers(
    services: Services, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(services.bootstrap_servers, new_topic, catalog)
    with watched(bench) as sink:
        wait_until(lambda: sink.get("/readyz") == (200, "ok\n"), "the sink is ready")
        stop_postgres_at_once(services.home)
        try:
            wait_until(lambda: sink.get("/readyz")[0] == 503, "the sink sees that the lake is gone")
            assert sink.get("/readyz")[1] == "the lake does not answer\n"
            assert sink.value("vigil_sink_lake_up") == 0
            assert sink.get("/healthz")[0] == 200, "starting it again would not help"
        finally:
            up(services.home)
        wait_until(lambda: sink.get("/readyz")[0] == 200, "the lake is back")
        bench.send([party(1)])
        wait_until(lambda: sink.value("vigil_sink_rows_total", topic=bench.topic) == 1, "and is landed in")
    bench.proves_exact(rows=1)


def test_not_ready_without_partitions(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with watched(bench) as holder:
        wait_until(lambda: holder.get("/readyz")[0] == 200, "the first sink has the only partition")
        with watched(bench, kafka={"group.instance.id": "spare"}) as spare:
            wait_until(lambda: spare.value("vigil_sink_lake_up") == 1, "the second sink sees the lake")
            assert spare.get("/readyz") == (503, "no partitions are assigned\n")
            assert spare.get("/healthz")[0] == 200


def test_a_loop_that_stands_still_is_found() -> None:
    health = Health(SinkConfig(topics=("any",), health_seconds=30.0), threading.Event())
    now = time.monotonic()
    assert health.hung(now) is None
    assert "has not turned for 31 s" in (health.hung(now + 31) or "")
    assert health.hung(now + 29) is None


def test_a_sink_that_stops_is_not_ready() -> None:
    stop = threading.Event()
    health = Health(SinkConfig(topics=("any",)), stop)
    health.assigned(1)
    health.lake(answers=True)
    assert health.unready(time.monotonic()) is None
    stop.set()
    assert health.unready(time.monotonic()) == "the sink is stopping"


def test_a_port_in_use_is_named(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SinkMisconfigured, match=f"{LOOPBACK} port {port}"):
            bench.land(metrics_port=port)


def test_other_paths_are_not_found_and_nothing_listens_unasked(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    with watched(bench) as sink:
        assert sink.url.startswith(f"http://{LOOPBACK}:")
        assert sink.get("/lake")[0] == 404
    steps: list[Event] = []
    bench.land(observe=steps.append)
    assert Step.SERVING not in [event.step for event in steps]
