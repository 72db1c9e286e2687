"""Upkeep beside a running sink: a thread with a connection of its own that tidies the lake from time to time."""

from __future__ import annotations

import os
import socket
import threading
from datetime import timedelta

import duckdb

from lakehouse.attach import connect
from lakehouse.errors import LakeError
from lakehouse.settings import Settings
from lakehouse.upkeep import keep_up
from sinks.clock import Clock
from sinks.config import SinkConfig

LEAVE_SECONDS = 20.0


class Tending:
    """Whichever of the sinks on a lake comes first does a round; one that fails is left for the next."""

    def __init__(self, config: SinkConfig, settings: Settings, clock: Clock) -> None:
        # Small work that nobody waits for.
        self._settings = settings.model_copy(update={"threads": 1, "memory_limit": "256MB"})
        self._every = timedelta(seconds=config.upkeep_seconds)
        self._keep = timedelta(hours=config.upkeep_keep_hours)
        self._clock = clock
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def __enter__(self) -> Tending:
        if self._every:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            # A lake that hangs must not keep the sink from ending. Not interrupted: a commit
            # whose answer is lost is one that DuckLake takes for failed.
            self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        holder = f"{socket.gethostname()}:{os.getpid()}"
        while not self._over.wait(self._every.total_seconds()):
            try:
                with connect(self._settings) as connection:
                    keep_up(connection, holder, self._clock(), keep=self._keep, every=self._every)
            except (duckdb.Error, LakeError):
                # The sink itself tells when the lake is away; what was not tidied is tidied by the next round.
                continue
