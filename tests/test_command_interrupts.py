"""Ctrl-C in the middle of a command ends it without a traceback, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conditions import wait_until
from interruptions import interrupt_when, of_home, told

from local.services import down

VIGIL = [sys.executable, "-c", "from cli.main import main; main()"]
BANK = ["--customers", "100", "--days", "35"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with one bank's events on the topics, none of them landed."""
    folder = tmp_path_factory.mktemp("home")
    subprocess.run(
        [*VIGIL, "simulate", *BANK, "--seed", "8"], check=True, env={**os.environ, "VIGIL_HOME": str(folder)}
    )
    yield folder
    down(folder)


def producing(home: Path) -> bool:
    return "\nsimulating " in told(home).read_text()


def landing(home: Path) -> bool:
    return "\nlanding: " in told(home).read_text()


def building(home: Path) -> bool:
    return "\ndbt: " in told(home).read_text()


def waiting(home: Path) -> bool:
    return "Ctrl-C ends it" in told(home).read_text()


def nothing_runs_in(home: Path) -> None:
    # Python's own tracker of shared memory ends by itself, a moment after the process it serves.
    wait_until(lambda: not of_home(home), "nothing of the home runs", seconds=10)


@pytest.mark.parametrize("condition", [producing, landing, building])
def test_an_interrupted_demo_leaves_nothing(home: Path, condition: Callable[[Path], bool]) -> None:
    assert interrupt_when(condition, [*VIGIL, "demo", *BANK], home, signal.SIGINT) == 130
    assert "Traceback" not in told(home).read_text()
    nothing_runs_in(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_ended_sink_leaves_nothing(home: Path, number: signal.Signals) -> None:
    assert interrupt_when(waiting, [*VIGIL, "sink", "run"], home, number) == 0
    assert "Traceback" not in told(home).read_text()
    nothing_runs_in(home)
