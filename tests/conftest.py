"""One Kafka and one PostgreSQL for the whole test run, real ones, in a folder of their own."""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from local import environment
from local.postgres import Postgres
from local.registry import Registry
from local.services import Services, running, silent
from local.topics import ensure_topics

# Files that use the fixtures all_at_once and decided of marts_lake.
SHARE_A_LAKE = ("test_backtest", "test_marts_", "test_scenario_ctr", "test_scenario_rules")

# What takes longest comes first, so that no process is left alone with it while the others have nothing to do: minutes,
# then half minutes.
LONGEST = (
    "test_chaos",
    "test_command_interrupts",
    *SHARE_A_LAKE,
    "test_dead_letters",
    "test_rewind",
    "test_gates_",
    "test_landing_",
    "test_hostile_",
    "test_topic_",
    "test_upkeep",
    "test_secured_kafka",
    "test_evaluation_placebo",
    "test_suppression",
    "test_priority_scores",
    "test_replay_filing",
    "test_orchestration_",
    "test_debezium_",
    "test_avro_agrees",
    "test_scenario_added",
    "test_kyc_",
    "test_local_",
    "test_bad_parameters",
    "test_missing_files",
)


def pytest_configure() -> None:
    # DuckDB's threads cost the tests' few rows half as much again, and each process has one core to count on.
    os.environ.setdefault("VIGIL_THREADS", "1")
    # Without a handler SIGTERM ends the run at once and leaves the services behind; so it ends like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class ByLake(LoadScopeScheduling):  # type: ignore[misc]
    """Where several processes run the tests, those of one file stay in one, as do the files that share a built lake."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "marts" if Path(file).stem.startswith(SHARE_A_LAKE) else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((at for at, name in enumerate(LONGEST) if item.path.stem.startswith(name)), len(LONGEST))

    items.sort(key=rank)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLake:
    return ByLake(config, log)


@pytest.fixture(scope="session", autouse=True)
def _own_services_only() -> Iterator[None]:
    """The tests break brokers and drop topics, so they never use services that the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(environment.KAFKA, raising=False)
        patch.delenv(environment.CATALOG, raising=False)
        yield


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """The services of this test run. A test that kills one (see `faults`) starts it again before it ends."""
    home = Path(tempfile.mkdtemp(prefix="vigil-tests-"))
    try:
        with running(home) as started:
            yield started
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def kafka(services: Services) -> str:
    """The bootstrap servers of this test run's broker."""
    return services.bootstrap_servers


@pytest.fixture
def new_topic(kafka: str) -> Callable[..., str]:
    """Makes a topic that no other test has: `new_topic(name="topic", partitions=1, config=None)` returns its name."""

    def make(name: str = "topic", partitions: int = 1, config: dict[str, str] | None = None) -> str:
        unique = f"{name}.{uuid.uuid4().hex[:8]}"
        ensure_topics(kafka, {unique: partitions}, config)
        return unique

    return make


@pytest.fixture(scope="session")
def new_catalog(services: Services) -> Callable[[], tuple[str, Path]]:
    """Makes an empty PostgreSQL database for a lake: returns its catalog string and an empty data folder."""
    postgres = Postgres(services.home)

    def make() -> tuple[str, Path]:
        name = f"lake_{uuid.uuid4().hex[:8]}"
        postgres.create_database(name)
        data_path = services.home / "lakes" / name
        data_path.mkdir(parents=True)
        return postgres.catalog(name), data_path

    return make


@pytest.fixture
def catalog(new_catalog: Callable[[], tuple[str, Path]]) -> tuple[str, Path]:
    """A lake of this test's own: catalog string and data folder."""
    return new_catalog()


@pytest.fixture(scope="session")
def registry(services: Services) -> Iterator[str]:
    """The URL of this test run's schema registry, started when the first test wants it."""
    started = Registry(services.home)
    started.launch(silent)
    try:
        yield started.wait_until_ready(silent)
    finally:
        started.stop(silent)
