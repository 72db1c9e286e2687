"""A service's process: started detached, found again by its command line, stopped within a time."""

import math
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from local import signals

TAIL_BYTES = 4000
POLL_SECONDS = 0.02


def start(command: list[str], console: Path, folder: Path, user: str | None = None) -> psutil.Process:
    """Start `command` in `folder` with its output appended to `console`, as system user `user` if given (root only).

    It has a session of its own: a Ctrl-C in the terminal does not reach it, and it outlives this process.
    """
    with signals.deferred(), console.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
    # Dropping a Popen whose process runs on is a ResourceWarning; here it is what is meant.
    child.returncode = 0
    process = psutil.Process(child.pid)
    with suppress(psutil.NoSuchProcess):
        # Its command line, by which it is known, comes a moment after it.
        while is_alive(process) and not process.cmdline():
            time.sleep(POLL_SECONDS)
    return process


def find(pid_file: Path, program: str, argument: str) -> psutil.Process | None:
    """The running `program` whose command line has `argument` (a path no other service has), or None.

    A pid that now belongs to somebody else does not pass, and a lost or stale pid file does not hide the process.
    """
    for process in _candidates(pid_file):
        try:
            command = process.cmdline()
            if command and Path(command[0]).name == program and argument in command[1:] and is_alive(process):
                return process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return None


def _candidates(pid_file: Path) -> Iterator[psutil.Process]:
    pid = read_pid(pid_file)
    if pid is not None and psutil.pid_exists(pid):
        with suppress(psutil.NoSuchProcess):  # it may have ended this moment
            yield psutil.Process(pid)
    yield from psutil.process_iter()


def read_pid(pid_file: Path) -> int | None:
    """The number on the first line of `pid_file`, or None when there is no such file or no such number in it."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def stop(process: psutil.Process, seconds: float, how: int = signal.SIGTERM) -> bool:
    """Ask `process` to end by signal `how`, and kill it when it has not after `seconds`; True when it ended itself."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(how)
        if not _ended(process, seconds):
            kill(process)
            return False
    return True


def kill(process: psutil.Process) -> None:
    """End `process` and its children at once (SIGKILL) and wait until they are gone."""
    with suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        for each in family:
            _ended(each, math.inf)


def _ended(process: psutil.Process, seconds: float) -> bool:
    """Wait until `process` runs no more, at most `seconds`; False when it still runs.

    A zombie has ended: the process that started it may live on, and wait for this one before it looks after it.
    """
    until = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() >= until:
            return False
        time.sleep(POLL_SECONDS)
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.wait(0)  # reaps it if it is a child of this process
    return True


def is_alive(process: psutil.Process) -> bool:
    """Whether `process` still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tail(*logs: Path) -> str:
    """The end of the first of `logs` that holds anything, for quoting in an error."""
    for log in logs:
        if log.is_file() and log.stat().st_size:
            with log.open("rb") as handle:
                handle.seek(max(0, log.stat().st_size - TAIL_BYTES))
                return f"End of {log}:\n" + handle.read().decode(errors="replace").strip()
    return f"Nothing was logged to {' or '.join(map(str, logs))}."
