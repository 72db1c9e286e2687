"""Kafka and PostgreSQL of one home as a whole: up, down, status, and `running` for the length of a block."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local import environment, signals
from local.errors import LocalServiceError
from local.kafka import Broker
from local.postgres import Postgres

Name = Literal["kafka", "postgres"]
State = Literal["running", "starting", "stopped", "outside", "unreachable"]


@dataclass(frozen=True)
class Services:
    """Where the services of `home` (an absolute path) are.

    `started` names those that this call of `up` started; the others ran already or are named by the environment.
    """

    home: Path
    bootstrap_servers: str
    catalog: str
    started: frozenset[Name]


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it is now.

    `running`: a local one that answers; `starting`: its process runs but does not answer; `stopped`: no process.
    `outside`: named by the environment and reachable; `unreachable`: named by the environment and not, see `problem`.
    """

    name: Name
    state: State
    address: str | None
    pid: int | None = None
    log: Path | None = None
    problem: str | None = None


def silent(_message: str) -> None:
    """A `progress` that tells nobody."""


def up(home: Path, progress: Callable[[str], None] = silent) -> Services:
    """Start what does not run yet, wait until it answers, and say where it is; safe to call again and concurrently.

    A service named by `KAFKA_BOOTSTRAP_SERVERS` or `VIGIL_CATALOG` is only checked. On any error, Ctrl-C and SIGTERM
    included, what this call started is stopped again. Raises LocalServiceError.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    broker, postgres = Broker(home), Postgres(home)
    kafka_outside, catalog_outside = environment.kafka(), environment.catalog()
    started: set[Name] = set()
    with signals.raised(), _alone(home):
        try:
            if kafka_outside:
                environment.check_kafka(kafka_outside)
            elif broker.process() is None:
                started.add("kafka")
                broker.launch(progress)
            if catalog_outside:
                environment.check_catalog(catalog_outside)
            elif postgres.process() is None:
                started.add("postgres")
                postgres.launch(progress)
            catalog = catalog_outside or postgres.wait_until_ready()
            servers = kafka_outside or broker.wait_until_ready(progress)
        except BaseException:
            with signals.deferred():
                if "kafka" in started:
                    broker.abandon()
                if "postgres" in started:
                    postgres.stop(progress)
            raise
    progress(f"Kafka: {servers}")
    progress(f"PostgreSQL: {environment.without_password(catalog)}")
    return Services(home, servers, catalog, frozenset(started))


def down(home: Path, progress: Callable[[str], None] = silent) -> frozenset[Name]:
    """Stop the local services of `home`, keeping their data; returns the names of those that ran."""
    home = home.resolve()
    if not home.is_dir():
        return frozenset()
    with _alone(home), signals.deferred():
        return _stop(Broker(home), Postgres(home), {"kafka", "postgres"}, progress)


def status(home: Path) -> tuple[ServiceStatus, ServiceStatus]:
    """Kafka's and PostgreSQL's state, found out by asking them; starts nothing and raises nothing for a broken one."""
    home = home.resolve()
    return _kafka_status(Broker(home)), _postgres_status(Postgres(home))


@contextmanager
def running(home: Path, keep: bool = False, progress: Callable[[str], None] = silent) -> Iterator[Services]:
    """`up` for the length of a block; on leaving it, by SIGTERM or Ctrl-C too, exactly what was started is stopped.

    With `keep` the services stay up after the block.
    """
    with signals.raised():
        services = up(home, progress)
        try:
            yield services
        finally:
            if services.started and not keep:
                with signals.deferred(), _alone(services.home):
                    _stop(Broker(services.home), Postgres(services.home), services.started, progress)


def _stop(
    broker: Broker, postgres: Postgres, names: set[Name] | frozenset[Name], progress: Callable[[str], None]
) -> frozenset[Name]:
    stopped: set[Name] = set()
    if "kafka" in names and broker.stop(progress):
        stopped.add("kafka")
    if "postgres" in names and postgres.stop(progress):
        stopped.add("postgres")
    return frozenset(stopped)


def _kafka_status(broker: Broker) -> ServiceStatus:
    outside = environment.kafka()
    if outside:
        try:
            environment.check_kafka(outside)
        except LocalServiceError as error:
            return ServiceStatus("kafka", "unreachable", outside, problem=str(error))
        return ServiceStatus("kafka", "outside", outside)
    process = broker.process()
    state: State = "stopped" if process is None else "running" if broker.is_ready() else "starting"
    return ServiceStatus("kafka", state, broker.bootstrap_servers, process.pid if process else None, broker.log)


def _postgres_status(postgres: Postgres) -> ServiceStatus:
    try:
        outside = environment.catalog()
        if outside:
            environment.check_catalog(outside)
            return ServiceStatus("postgres", "outside", environment.without_password(outside))
    except LocalServiceError as error:
        return ServiceStatus("postgres", "unreachable", None, problem=str(error))
    process = postgres.process()
    state: State = "stopped" if process is None else "running" if postgres.is_ready() else "starting"
    return ServiceStatus("postgres", state, postgres.catalog(), process.pid if process else None, postgres.log)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One `up` or `down` at a time on a home; the lock falls with the process that holds it."""
    with (home / "services.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
