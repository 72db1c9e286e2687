"""Programs struck by a signal in a chosen state, and what they leave running."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from conditions import wait_until

# A demo imports, simulates and lands before it builds.
STATE_SECONDS = 240.0


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


def interrupt_when(condition: Callable[[Path], bool], command: list[str], home: Path, number: int) -> int:
    """Run `command` in `home`, send its process group the signal `number` in a certain state; returns its exit status.

    The signal goes to the group, as a Ctrl-C in a terminal does. What the command prints goes to the file `told`.
    """
    with (
        told(home).open("wb") as output,
        subprocess.Popen(
            command,
            cwd=home,
            env={**os.environ, "VIGIL_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_hear_signals,  # noqa: PLW1509 (it takes no lock)
        ) as child,
    ):
        try:
            wait_until(lambda: condition(home) or child.poll() is not None, condition.__name__, STATE_SECONDS)
            assert child.poll() is None, f"ended before {condition.__name__}: {told(home).read_text()}"
        finally:
            # A wait in vain leaves nothing behind either.
            if child.poll() is None:
                os.killpg(child.pid, number)
        return child.wait()


def _hear_signals() -> None:
    """What runs in the background or under nohup ignores signals, and what it starts would too."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def told(home: Path) -> Path:
    """Where the command that is struck prints to."""
    return home / "told"
