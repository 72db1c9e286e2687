"""The services of a home come up once, find their state again, and survive what happens to a machine."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from conditions import wait_until
from confluent_kafka.admin import AdminClient
from faults import kill_broker, restart_postgres_at_once, stop_postgres_at_once

from local import kafka_config, kafka_jvm
from local.kafka import Broker
from local.ports import LOOPBACK
from local.postgres import Postgres
from local.services import down, silent, status, up
from local.topics import ensure_topics


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of this file's own, whose services the tests stop, break and start in turn."""
    folder = tmp_path_factory.mktemp("home")
    yield folder
    down(folder)


def pids(home: Path) -> list[int | None]:
    return [each.pid for each in status(home)]


def topics(bootstrap_servers: str) -> set[str]:
    with AdminClient({"bootstrap.servers": bootstrap_servers}) as admin:
        return set(admin.list_topics(timeout=20).topics)


def write_row(catalog: str, value: int) -> None:
    with psycopg.connect(catalog.removeprefix("postgres:")) as connection:
        connection.execute("create table if not exists kept (value int)")
        connection.execute("insert into kept values (%s)", [value])


def read_rows(catalog: str) -> list[int]:
    with psycopg.connect(catalog.removeprefix("postgres:")) as connection:
        return [row[0] for row in connection.execute("select value from kept order by value").fetchall()]


def test_up_twice_starts_once(home: Path) -> None:
    first = up(home)
    before = pids(home)
    second = up(home)
    assert first.started == {"kafka", "postgres"}
    assert second.started == frozenset()
    assert (second.bootstrap_servers, second.catalog) == (first.bootstrap_servers, first.catalog)
    assert pids(home) == before
    assert [each.state for each in status(home)] == ["running", "running"]


def test_concurrent_ups_start_once(home: Path) -> None:
    down(home)
    results = []
    threads = [threading.Thread(target=lambda: results.append(up(home))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(each.started) for each in results) == [0, 2]


def test_topics_and_rows_survive_down_and_up(home: Path) -> None:
    before = up(home)
    ensure_topics(before.bootstrap_servers, {"kept.topic": 3})
    write_row(before.catalog, 1)
    assert down(home) == {"kafka", "postgres"}
    assert [each.state for each in status(home)] == ["stopped", "stopped"]
    assert down(home) == frozenset()
    after = up(home)
    assert "kept.topic" in topics(after.bootstrap_servers)
    assert after.bootstrap_servers == before.bootstrap_servers
    assert 1 in read_rows(after.catalog)


def test_killed_services_come_back_with_their_data(home: Path) -> None:
    before = up(home)
    ensure_topics(before.bootstrap_servers, {"killed.topic": 2})
    write_row(before.catalog, 2)
    killed = [kill_broker(home), stop_postgres_at_once(home)]
    assert [each.state for each in status(home)] == ["stopped", "stopped"]
    after = up(home)
    assert after.started == {"kafka", "postgres"}
    assert not set(killed) & set(pids(home))
    assert "killed.topic" in topics(after.bootstrap_servers)
    assert 2 in read_rows(after.catalog)


def test_postgres_restart_keeps_its_address(home: Path) -> None:
    before = up(home)
    former = Postgres(home).process()
    restart_postgres_at_once(home)
    write_row(before.catalog, 3)
    assert 3 in read_rows(before.catalog)
    assert Postgres(home).process() != former


def test_a_recycled_pid_is_not_taken_for_a_service(home: Path) -> None:
    up(home)
    kill_broker(home)
    stop_postgres_at_once(home)
    # Our own pid stands for one that the system gave to another program since.
    (home / "kafka" / "broker.pid").write_text(f"{os.getpid()}\n")
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert [each.state for each in status(home)] == ["stopped", "stopped"]
    assert up(home).started == {"kafka", "postgres"}
    assert psutil.Process().is_running()


def test_a_lost_pid_file_does_not_hide_the_broker(home: Path) -> None:
    up(home)
    before = pids(home)
    (home / "kafka" / "broker.pid").unlink()
    assert up(home).started == frozenset()
    assert pids(home) == before


def test_a_taken_port_is_exchanged(home: Path) -> None:
    before = up(home)
    ensure_topics(before.bootstrap_servers, {"kept.topic": 3})
    down(home)
    messages: list[str] = []
    with socket.create_server((LOOPBACK, int(before.bootstrap_servers.rsplit(":", 1)[1]))):
        after = up(home, messages.append)
        assert after.bootstrap_servers != before.bootstrap_servers
    assert any("is taken" in each for each in messages)
    wait_until(lambda: topics(after.bootstrap_servers) >= {"kept.topic"}, "the topic is there, on the other port")


def test_a_port_taken_while_the_broker_starts_is_exchanged(home: Path) -> None:
    before = up(home)
    down(home)
    port = int(before.bootstrap_servers.rsplit(":", 1)[1])
    with socket.socket() as thief:

        def steal(message: str) -> None:
            if message.startswith("Kafka: starting on") and thief.getsockname()[1] == 0:
                thief.bind((LOOPBACK, port))
                thief.listen()

        after = up(home, steal)
        assert thief.getsockname()[1] == port
        assert after.bootstrap_servers != before.bootstrap_servers


def test_the_brokers_log_can_be_read(home: Path) -> None:
    up(home)
    assert "Kafka Server started" in Broker(home).log.read_text()


def test_services_listen_on_the_loopback_interface_only(home: Path) -> None:
    up(home)
    broker, postgres = Broker(home).process(), Postgres(home).process()
    assert broker is not None
    assert postgres is not None
    listening = [each.laddr.ip for each in broker.net_connections() if each.status == psutil.CONN_LISTEN]
    # Java names an IPv4 address on a dual-stack socket in its IPv6 form.
    assert {ip.removeprefix("::ffff:") for ip in listening} == {LOOPBACK}
    assert [each for each in postgres.net_connections() if each.status == psutil.CONN_LISTEN] == []


def test_a_home_with_a_long_path_works(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*["a-long-folder-name-ü"] * 8)
    home.mkdir(parents=True)
    postgres = Postgres(home)
    postgres.launch(silent)
    try:
        write_row(postgres.wait_until_ready(), 4)
        assert read_rows(postgres.catalog()) == [4]
    finally:
        assert postgres.stop(silent)


def test_a_cluster_id_may_begin_with_a_dash(tmp_path: Path) -> None:
    properties = tmp_path / "format.properties"
    kafka_config.write(properties, data="data", port=1, controller_port=2)
    command = kafka_jvm.storage_tool(properties, tmp_path, "-AAAAAAAAAAAAAAAAAAAAQ", silent)
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert "cluster.id=-AAAAAAAAAAAAAAAAAAAAQ" in (tmp_path / "data" / "meta.properties").read_text()


def test_two_homes_run_side_by_side(home: Path, kafka: str, new_topic: Callable[..., str]) -> None:
    topic = new_topic("elsewhere")
    assert up(home).bootstrap_servers != kafka
    assert topic in topics(kafka)
    assert topic not in topics(up(home).bootstrap_servers)
