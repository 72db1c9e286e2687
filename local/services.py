"""Kafka, PostgreSQL and, if asked for, a schema registry of one home: up, down, status, `running` for a block."""

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
from local.registry import Registry

Name = Literal["kafka", "postgres", "registry"]
State = Literal["running", "starting", "stopped", "outside", "unreachable"]


@dataclass(frozen=True)
class Services:
    """Where the services of `home` (an absolute path) are.

    `started` names those that this call of `up` started; the others ran already or are named by the environment.
    `registry` is the URL of the schema registry's Confluent API, None where none was asked for.
    """

    home: Path
    bootstrap_servers: str
    catalog: str
    started: frozenset[Name]
    registry: str | None = None


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


def up(home: Path, progress: Callable[[str], None] = silent, *, registry: bool = False) -> Services:
    """Start what does not run yet, wait until it answers, and say where it is; safe to call again and concurrently.

    With `registry` the schema registry is started too.
    A service named by `KAFKA_BOOTSTRAP_SERVERS` or `VIGIL_CATALOG` is only checked. On any error, Ctrl-C and SIGTERM
    included, what this call started is stopped again. Raises LocalServiceError.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    broker, postgres, schemas = Broker(home), Postgres(home), Registry(home)
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
            if registry and schemas.process() is None:
                started.add("registry")
                schemas.launch(progress)
            catalog = catalog_outside or postgres.wait_until_ready()
            servers = kafka_outside or broker.wait_until_ready(progress)
            url = schemas.wait_until_ready(progress) if registry else None
        except BaseException:
            with signals.deferred():
                if "kafka" in started:
                    broker.abandon()
                if "postgres" in started:
                    postgres.stop(progress)
                if "registry" in started:
                    schemas.stop(progress)
            raise
    progress(f"Kafka: {servers}")
    progress(f"PostgreSQL: {environment.without_password(catalog)}")
    if url:
        progress(f"Registry: {url}")
    return Services(home, servers, catalog, frozenset(started), url)


def down(home: Path, progress: Callable[[str], None] = silent) -> frozenset[Name]:
    """Stop the local services of `home`, keeping their data; returns the names of those that ran."""
    home = home.resolve()
    if not home.is_dir():
        return frozenset()
    with _alone(home), signals.deferred():
        return _stop(home, {"kafka", "postgres", "registry"}, progress)


def status(home: Path) -> tuple[ServiceStatus, ...]:
    """Kafka's and PostgreSQL's state, and the registry's where one was ever started, found out by asking them.

    Starts nothing and raises nothing for a broken one.
    """
    home = home.resolve()
    registry = Registry(home)
    found = _kafka_status(Broker(home)), _postgres_status(Postgres(home))
    return (*found, _registry_status(registry)) if registry.exists else found


@contextmanager
def running(
    home: Path, keep: bool = False, progress: Callable[[str], None] = silent, *, registry: bool = False
) -> Iterator[Services]:
    """`up` for the length of a block; on leaving it, by SIGTERM or Ctrl-C too, exactly what was started is stopped.

    With `keep` the services stay up after the block.
    """
    with signals.raised():
        services = up(home, progress, registry=registry)
        try:
            yield services
        finally:
            if services.started and not keep:
                with signals.deferred(), _alone(services.home):
                    _stop(services.home, services.started, progress)


def _stop(home: Path, names: set[Name] | frozenset[Name], progress: Callable[[str], None]) -> frozenset[Name]:
    stopped: set[Name] = set()
    if "kafka" in names and Broker(home).stop(progress):
        stopped.add("kafka")
    if "postgres" in names and Postgres(home).stop(progress):
        stopped.add("postgres")
    if "registry" in names and Registry(home).stop(progress):
        stopped.add("registry")
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


def _registry_status(registry: Registry) -> ServiceStatus:
    process = registry.process()
    state: State = "stopped" if process is None else "running" if registry.is_ready() else "starting"
    return ServiceStatus("registry", state, registry.url, process.pid if process else None, registry.log)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One `up` or `down` at a time on a home; the lock falls with the process that holds it."""
    with (home / "services.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
