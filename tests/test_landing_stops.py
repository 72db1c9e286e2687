"""A sink asked to stop ends well within bounded time, and the next one goes on where it left off."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from landing_bench import Bench, party

from local.ports import LOOPBACK, free
from sinks import SinkConfig, Step, run
from sinks.errors import SinkMisconfigured


def test_stopped_by_sigterm(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(1_000))
    with bench.process(Step.COMMITTED, occurrence=0, then="wait", batch_rows=100) as sink:
        sink.until(Step.COMMITTED)
        sink.finish()
    landed = bench.query("select count(*) from {table}")[0][0]
    assert landed >= 100
    assert bench.land().total.rows == 1_000 - landed
    bench.proves_exact(rows=1_000)


@pytest.mark.parametrize("away", ["kafka", "catalog"])
def test_stopped_while_it_waits_for_a_service(
    away: str, kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    (port,) = free(1)
    changed = {
        "kafka": {"kafka_bootstrap_servers": f"{LOOPBACK}:{port}"},
        "catalog": {"catalog": f"postgres:host={LOOPBACK} port={port} dbname=none"},
    }[away]
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    settings = bench.settings.model_copy(update=changed)
    result = run(bench.config(service_seconds=600), settings, stop, contracts=bench.contracts)
    assert result.total.rows == 0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"batch_rows": 0}, "batch_rows"),
        ({"batch_row": 10}, "batch_row"),
        ({"kafka.isolation.level": "read_uncommitted"}, "kafka.isolation.level"),
        ({"kafka.enable.auto.commit": True}, "kafka.enable.auto.commit"),
    ],
)
def test_a_wrong_setting_names_itself(settings: dict[str, object], named: str) -> None:
    with pytest.raises(SinkMisconfigured, match=named):
        SinkConfig.parse(settings)


def test_kafka_settings_pass_through(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    assert SinkConfig.parse({"kafka.fetch.min.bytes": 7}).kafka == {"fetch.min.bytes": 7}
    bench = Bench(kafka, new_topic, catalog)
    bench.send([party(1)])
    with pytest.raises(SinkMisconfigured, match=r"no\.such\.setting"):
        bench.land(kafka={"no.such.setting": 1})
