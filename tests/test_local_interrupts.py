"""Ctrl-C or SIGTERM in the middle of anything leaves nothing running that was not running before."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from faults import kill_broker

from local.services import down, status, up

UP = "import pathlib, sys; from local.services import up; up(pathlib.Path(sys.argv[1]), lambda m: print(m, flush=True))"
RUNNING = """
import pathlib, sys
from local.services import running
with running(pathlib.Path(sys.argv[1])) as services:
    print("inside", flush=True)
    sys.stdin.read()
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
    """The ids of all processes that have anything to do with `home`."""
    found = set()
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or Path(process.cwd()).is_relative_to(home):
                found.add(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def interrupt_at(program: str, home: Path, message: str, number: int) -> int:
    """Run `program` on `home`, send its process group the signal `number` at a message; returns its exit status."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        # The program must get as far as the message, or the interruption would prove nothing.
        assert any(line.startswith(message) for line in child.stdout), f"never said {message!r}"
        assert len(of_home(home)) > 0
        os.killpg(child.pid, number)
        child.stdout.read()
        return child.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("message", ["Kafka: starting on", "PostgreSQL: starting"])
def test_an_interrupted_up_leaves_nothing(home: Path, message: str, number: signal.Signals) -> None:
    assert interrupt_at(UP, home, message, number) != 0
    assert of_home(home) == set()


@pytest.mark.parametrize("message", ["Kafka: formatting", "PostgreSQL: making"])
def test_an_interrupted_first_up_leaves_nothing_and_the_next_works(tmp_path: Path, message: str) -> None:
    assert interrupt_at(UP, tmp_path, message, signal.SIGINT) != 0
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
        interrupt_at(UP, home, "Kafka: starting on", signal.SIGINT)
        assert [each.state for each in status(home)] == ["stopped", "running"]
        assert status(home)[1].pid == before
    finally:
        down(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_block_with_running_services_stops_them(home: Path, number: signal.Signals) -> None:
    assert interrupt_at(RUNNING, home, "inside", number) != 0
    assert of_home(home) == set()


def test_a_block_leaves_services_that_ran_before(home: Path) -> None:
    up(home)
    try:
        before = of_home(home)
        interrupt_at(RUNNING, home, "inside", signal.SIGINT)
        assert of_home(home) == before
    finally:
        down(home)
