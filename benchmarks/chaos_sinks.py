"""Sinks as an operator runs them: `vigil sink run`, each started again whenever it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

PAUSE_SECONDS = 0.1
STOP_SECONDS = 60.0
STOP_ATTEMPTS = 4
_VIGIL = "from cli.main import main; main()"


class Sinks:
    """``count`` processes, numbered from 0, with ``options``; the ``static`` ones keep their name in the group.

    ``ended`` counts the ends that nobody caused, by what the sink said last.
    """

    def __init__(
        self, count: int, options: Sequence[str], environment: Mapping[str, str], folder: Path, static: Sequence[int]
    ) -> None:
        self._options, self._environment, self._folder, self._static = options, environment, folder, static
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._since = [0] * count
        self._is_wanted = True
        self._killed: set[int] = set()
        self.ended: Counter[str] = Counter()
        self.starts = 0

    def __len__(self) -> int:
        return len(self._processes)

    def watch(self, stop: threading.Event) -> None:
        """Start what does not run, until ``stop``."""
        while not stop.wait(PAUSE_SECONDS):
            with self._lock:
                for number, process in enumerate(self._processes):
                    if process is None or process.poll() is not None:
                        self._note(number, process)
                        if self._is_wanted:
                            self._processes[number] = self._start(number)

    def kill(self, number: int) -> bool:
        """SIGKILL; whether the sink ran and had landed something since it started."""
        had_landed = self.has_landed(number)
        with self._lock:
            process = self._running(number)
            if process is None:
                return False
            self._killed.add(process.pid)
            process.kill()
        return process.wait(STOP_SECONDS) == -signal.SIGKILL and had_landed

    def freeze(self, number: int, seconds: float) -> bool:
        """SIGSTOP, and SIGCONT after ``seconds``; whether the sink was stopped for as long."""
        with self._lock:
            process = self._running(number)
            if process is None:
                return False
            process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        was_stopped = psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
        process.send_signal(signal.SIGCONT)
        return was_stopped

    def has_landed(self, number: int) -> bool:
        """Whether the sink has committed anything since it started."""
        return self._has_told('"event":"committed"', number, self._since[number])

    def told(self) -> Counter[str]:
        """How often the sinks told of each event, all together."""
        return Counter(
            str(line.get("event")) for number in range(len(self)) for line in self._lines(number) if "event" in line
        )

    def have_told(self, text: str, marks: Sequence[int]) -> bool:
        """Whether a sink wrote ``text`` to its log behind its mark."""
        return any(self._has_told(text, number, mark) for number, mark in enumerate(marks))

    def marks(self) -> list[int]:
        """Where the sinks' logs end now."""
        return [self._log(number).stat().st_size for number in range(len(self))]

    def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        with self._lock:
            self._is_wanted = False
            running = [process for process in self._processes if process is not None]
        for _ in range(STOP_ATTEMPTS):
            for process in running:
                if process.poll() is None:
                    process.terminate()
            # One that is only just starting may miss it.
            for process in running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS / STOP_ATTEMPTS)
        return [process.wait(STOP_SECONDS) for process in running]

    def end(self) -> None:
        """SIGKILL to all that still run."""
        with self._lock:
            self._is_wanted = False
            for process in self._processes:
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()

    def _running(self, number: int) -> subprocess.Popen[bytes] | None:
        process = self._processes[number]
        return process if process is not None and process.poll() is None else None

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        self.starts += 1
        log = self._log(number)
        log.touch()
        self._since[number] = log.stat().st_size
        named = ["--set", f"kafka.group.instance.id=sink-{number}"] if number in self._static else []
        command = [sys.executable, "-c", _VIGIL, "sink", "run", "--log-format", "json", *self._options, *named]
        with log.open("ab") as output:
            # Of its own session, as Ctrl-C is for us to pass on.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )

    def _note(self, number: int, process: subprocess.Popen[bytes] | None) -> None:
        """Count an end that nobody caused."""
        if process is None or process.pid in self._killed or not self._is_wanted:
            return
        last = ""
        with self._log(number).open(errors="replace") as log:
            for line in log:
                last = line.strip() or last
        told = _parsed(last)
        self.ended[str(told.get("message") or last)[:160]] += 1

    def _has_told(self, text: str, number: int, since: int) -> bool:
        with self._log(number).open("rb") as log:
            log.seek(since)
            return text.encode() in log.read()

    def _lines(self, number: int) -> Iterator[dict[str, object]]:
        if not self._log(number).exists():
            return
        with self._log(number).open("rb") as log:
            for line in log:
                yield _parsed(line.decode(errors="replace"))

    def _log(self, number: int) -> Path:
        return self._folder / f"sink-{number}.log"


def _parsed(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
