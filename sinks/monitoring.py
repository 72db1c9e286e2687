"""What lets others look at a running sink: its metrics, the watch that measures, and the server that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lakehouse.settings import Settings
from sinks.clock import Clock
from sinks.config import SinkConfig
from sinks.health import Health
from sinks.metrics import Metrics
from sinks.serving import MetricsServer
from sinks.topic_patterns import is_pattern
from sinks.watch import Watch


class Monitoring:
    """The monitoring of one run; only where the settings name a port."""

    def __init__(self, config: SinkConfig, settings: Settings, servers: str, health: Health, clock: Clock) -> None:
        self._config = config
        self._settings = settings
        self._servers = servers
        self._health = health
        self.metrics = Metrics([each for each in config.topics if not is_pattern(each)], health, clock)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answer for the length of the block; yields where.

        Raises:
            SinkMisconfigured: nothing can listen there.
        """
        address, port = self._config.metrics_address, self._config.metrics_port or 0
        with MetricsServer(address, port, self.metrics.registry, self._health) as server:
            yield server.url

    def watching(self) -> Watch:
        """The watch, to be entered once the lake has its tables."""
        return Watch(self._config, self._settings, self._servers, self.metrics, self._health)
