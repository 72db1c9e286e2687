"""Landing: run a sink, in one process, for any number of topics."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from contracts import Contract
from lakehouse.settings import Settings
from sinks.clock import Clock, utc_now
from sinks.config import SinkConfig
from sinks.progress import Observer, nobody
from sinks.result import LandingResult
from sinks.sink import Sink


def run(
    config: SinkConfig,
    settings: Settings,
    stop: threading.Event,
    *,
    observe: Observer = nobody,
    clock: Clock = utc_now,
    contracts: Mapping[str, Contract] | None = None,
) -> LandingResult:
    """Land the topics until ``stop`` is set; then what is under way lands or is dropped, within bounded time.

    ``observe`` is called with every step of every batch, from several threads. ``clock`` gives ``_landed_at``.
    ``contracts`` are those of the topics, by default the project's.

    Raises:
        SinkError: see ``sinks.errors``; whatever was landed before stays landed.
        LakeError: the lake cannot be attached at all.
    """
    return Sink(config, settings, stop, observe, clock, contracts, until_caught_up=False).run()


def run_until_caught_up(
    config: SinkConfig,
    settings: Settings,
    stop: threading.Event | None = None,
    *,
    observe: Observer = nobody,
    clock: Clock = utc_now,
    contracts: Mapping[str, Contract] | None = None,
) -> LandingResult:
    """Land until the ledger has reached, for each partition, the end it has now; otherwise as ``run``.

    Partitions that other sinks of the group hold are waited for. Behind an open transaction nothing can be read, so
    the end is where that begins.
    """
    stop = stop or threading.Event()
    return Sink(config, settings, stop, observe, clock, contracts, until_caught_up=True).run()
