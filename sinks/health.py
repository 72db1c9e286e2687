"""Whether a running sink is alive, and whether it can do its work: what probes ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from sinks.config import SinkConfig

# A round of the watch that takes longer than this and some rounds is one that hangs.
ROUND_SECONDS = 15.0
ROUNDS_MISSED = 3
# A sink that waits for a service is not hung.
LONGER_THAN_A_SERVICE_SECONDS = 60.0


class Health:
    """What the reading loop and the watch last said. For any thread; times are ``time.monotonic``'s."""

    def __init__(self, config: SinkConfig, stop: threading.Event) -> None:
        self._turn_within = config.health_seconds or config.service_seconds + LONGER_THAN_A_SERVICE_SECONDS
        self._lake_within = ROUNDS_MISSED * config.watch_seconds + ROUND_SECONDS
        self._stop = stop
        self._turned = time.monotonic()
        self._lake_answered: float | None = None
        self._assigned = 0
        self._aside: Mapping[str, str] = {}
        self._none_lands = False

    def beat(self) -> None:
        """The reading loop has turned."""
        self._turned = time.monotonic()

    def assigned(self, partitions: int) -> None:
        """The sink holds so many partitions now."""
        self._assigned = partitions

    def aside(self, why: Mapping[str, str], *, none_lands: bool) -> None:
        """These topics stand aside, and why; whether no other is left."""
        self._aside, self._none_lands = why, none_lands

    def lake(self, *, answers: bool) -> None:
        """The lake was asked, and answered or did not."""
        self._lake_answered = time.monotonic() if answers else None

    def hung(self, now: float) -> str | None:
        """Why the sink counts as hung at ``now``; None if it does not."""
        still = now - self._turned
        return f"the reading loop has not turned for {still:.0f} s" if still > self._turn_within else None

    def unready(self, now: float) -> str | None:
        """Why the sink does not land at ``now``; None if it does."""
        if self._stop.is_set():
            return "the sink is stopping"
        missing = []
        if not self._assigned:
            missing.append("no partitions are assigned")
        if self._lake_answered is None or now - self._lake_answered > self._lake_within:
            missing.append("the lake does not answer")
        if self._none_lands:
            missing.append("every topic stands aside")
        return "; ".join(missing) or None

    def notes(self) -> list[str]:
        """What does not stop the sink, but whoever asks should know: the topics that stand aside."""
        return [f"{topic} stands aside: {why}" for topic, why in sorted(self._aside.items())]
