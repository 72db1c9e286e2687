"""Ctrl-C or SIGTERM in the middle of anything leaves nothing running that was not running before."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from conditions import wait_until
from faults import kill_broker

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


def of_home(home: Path) -> set[int]:
    """The ids of all processes that work in `home` or name it in their command."""
    found = set()
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or Path(process.cwd()).is_relative_to(home):
                found.add(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def commands(home: Path) -> list[str]:
    """The command lines of those processes."""
    found = []
    for pid in of_home(home):
        with suppress(psutil.NoSuchProcess):
            found.append(" ".join(psutil.Process(pid).cmdline()))
    return found


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


def interrupt_when(condition: Callable[[Path], bool], program: str, home: Path, number: int) -> int:
    """Run `program` on `home`, send its process group the signal `number` in a certain state; returns its exit status.

    The signal goes to the group, as a Ctrl-C in a terminal does.
    """
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        wait_until(lambda: condition(home), condition.__name__)
        assert child.poll() is None
        os.killpg(child.pid, number)
        return child.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("condition", [broker_runs, postgres_runs])
def test_an_interrupted_up_leaves_nothing(
    home: Path, condition: Callable[[Path], bool], number: signal.Signals
) -> None:
    assert interrupt_when(condition, UP, home, number) != 0
    assert of_home(home) == set()


@pytest.mark.parametrize("condition", [formatting, making_data_folder])
def test_an_interrupted_first_up_leaves_nothing_and_the_next_works(
    tmp_path: Path, condition: Callable[[Path], bool]
) -> None:
    assert interrupt_when(condition, UP, tmp_path, signal.SIGINT) != 0
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
        interrupt_when(broker_runs, UP, home, signal.SIGINT)
        assert [each.state for each in status(home)] == ["stopped", "running"]
        assert status(home)[1].pid == before
    finally:
        down(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_block_with_running_services_stops_them(home: Path, number: signal.Signals) -> None:
    assert interrupt_when(inside, RUNNING, home, number) != 0
    assert of_home(home) == set()


def test_a_block_leaves_services_that_ran_before(home: Path) -> None:
    up(home)
    try:
        before = of_home(home)
        interrupt_when(inside, RUNNING, home, signal.SIGINT)
        assert of_home(home) == before
    finally:
        down(home)
