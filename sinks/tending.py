"""Upkeep beside a running sink: a thread with a connection of its own that tidies the lake from time to time."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from datetime import timedelta

import duckdb

from lakehouse.attach import connect
from lakehouse.errors import LakeError
from lakehouse.second_names import SecondNames
from lakehouse.secrets import without_passwords
from lakehouse.settings import Settings
from lakehouse.upkeep import keep_up
from sinks.clock import Clock
from sinks.config import SinkConfig
from sinks.progress import Event, Observer, Step

LEAVE_SECONDS = 20.0
# After a round that failed the next one comes this soon, since files may be missing until then; then ever later.
_AGAIN_SECONDS = 0.5
# A catalog that is away for a moment is not worth telling.
_FAILURES_TOLD = 5


# After a fault of its own DuckDB ends the whole process when such a connection is closed, and the sink with it.
_BROKEN = (duckdb.InternalException, duckdb.FatalException)
_never_closed: list[duckdb.DuckDBPyConnection] = []


class Tending:
    """Whichever of the sinks on a lake comes first does a round; one that fails is soon done again."""

    def __init__(self, config: SinkConfig, settings: Settings, clock: Clock, observe: Observer) -> None:
        # Small work that nobody waits for.
        self._settings = settings.model_copy(update={"threads": 1, "memory_limit": "256MB"})
        self._every = timedelta(seconds=config.upkeep_seconds)
        self._keep = timedelta(hours=config.upkeep_keep_hours)
        self._clock = clock
        self._observe = observe
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def __enter__(self) -> Tending:
        if self._every:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            # A lake that hangs must not keep the sink from ending.
            self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        # Two sinks may run in one process.
        holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        every = self._every.total_seconds()
        pause, failures, is_first = _AGAIN_SECONDS, 0, True
        while not self._over.wait(min(pause, every)):
            try:
                # At once only where a sink that ran before may have left files to put back.
                if not is_first or SecondNames(self._settings.lake_data_path).left():
                    self._tend(holder)
                pause, failures = every, 0
            except _BROKEN as error:
                self._tell_that_it_fails(f"{error}; nothing is tidied until the sink is started again")
                return
            except (duckdb.Error, LakeError, OSError) as error:
                pause, failures = _AGAIN_SECONDS * 2**failures, failures + 1
                if failures == _FAILURES_TOLD:
                    self._tell_that_it_fails(f"{error}; what is not tidied now is tidied later")
            is_first = False

    def _tend(self, holder: str) -> None:
        connection = connect(self._settings)
        try:
            done = keep_up(connection, holder, self._clock(), keep=self._keep, every=self._every)
        except _BROKEN:
            _never_closed.append(connection)
            raise
        except BaseException:
            connection.close()
            raise
        connection.close()
        if done:
            self._observe(Event(Step.RESTORED if done.restored_files else Step.TENDED, "", {}, detail=str(done)))

    def _tell_that_it_fails(self, why: str) -> None:
        self._observe(Event(Step.UNTENDED, "", {}, detail=without_passwords(why)))
