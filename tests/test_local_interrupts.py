"""Ctrl-C or SIGTERM in the middle of anything leaves nothing running that was not running before."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conditions import wait_until
from faults import kill_broker
from interruptions import commands, interrupt_when, of_home

from local.kafka import Broker
from local.postgres import Postgres
from local.services import down, status, up

UP = "import pathlib, sys; from local.services import up; up(pathlib.Path(sys.argv[1]))"
RUNNING = """
import pathlib, sys
from local.services import running
home = pathlib.Path(sys.argv[1])
with running(home):
    (home / "inside").touch()
    try:
        sys.stdin.read()
    finally:
        (home / "inside").unlink()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with storage already formatted, so that each interruption strikes the start itself."""
    folder = tmp_path_factory.mktemp("home")
    up(folder)
    down(folder)
    yield folder
    down(folder)


def program(text: str, home: Path) -> list[str]:
    return [sys.executable, "-c", text, str(home)]


def formatting(home: Path) -> bool:
    return any("kafka.tools.StorageTool" in command for command in commands(home))


def making_data_folder(home: Path) -> bool:
    return any("initdb" in command for command in commands(home))


def broker_runs(home: Path) -> bool:
    return Broker(home).process() is not None


def postgres_runs(home: Path) -> bool:
    return Postgres(home).process() is not None


def inside(home: Path) -> bool:
    return (home / "inside").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("condition", [broker_runs, postgres_runs])
def test_an_interrupted_up_leaves_nothing(
    home: Path, condition: Callable[[Path], bool], number: signal.Signals
) -> None:
    assert interrupt_when(condition, program(UP, home), home, number) != 0
    assert of_home(home) == set()


@pytest.mark.parametrize("condition", [formatting, making_data_folder])
def test_an_interrupted_first_up_leaves_nothing_and_the_next_works(
    tmp_path: Path, condition: Callable[[Path], bool]
) -> None:
    assert interrupt_when(condition, program(UP, tmp_path), tmp_path, signal.SIGINT) != 0
    assert of_home(tmp_path) == set()
    try:
        assert up(tmp_path).started == {"kafka", "postgres"}
    finally:
        down(tmp_path)


def test_an_interrupted_up_leaves_what_ran_before(home: Path) -> None:
    up(home)
    try:
        kill_broker(home)
        before = status(home)[1].pid
        interrupt_when(broker_runs, program(UP, home), home, signal.SIGINT)
        assert [each.state for each in status(home)] == ["stopped", "running"]
        assert status(home)[1].pid == before
    finally:
        down(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_block_with_running_services_stops_them(home: Path, number: signal.Signals) -> None:
    assert interrupt_when(inside, program(RUNNING, home), home, number) != 0
    assert of_home(home) == set()


def test_a_block_leaves_services_that_ran_before(home: Path) -> None:
    up(home)
    try:
        before = of_home(home)
        interrupt_when(inside, program(RUNNING, home), home, signal.SIGINT)
        assert of_home(home) == before
    finally:
        down(home)


def test_services_go_down_while_the_process_that_started_them_lives(home: Path) -> None:
    with subprocess.Popen(program(RUNNING, home), stdin=subprocess.PIPE) as child:
        wait_until(lambda: inside(home), "the block is entered")
        assert down(home) == {"kafka", "postgres"}
        assert child.poll() is None
        child.communicate()
    assert child.returncode == 0
    assert of_home(home) == set()
