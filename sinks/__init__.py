"""Topic to landing, exactly once: data, dead letters and the ledger move in one transaction of the lake."""

from sinks.config import SinkConfig
from sinks.errors import SinkError
from sinks.landing import run, run_until_caught_up
from sinks.progress import Counts, Event, Observer, Step
from sinks.result import Landed, LandingResult

__all__ = [
    "Counts",
    "Event",
    "Landed",
    "LandingResult",
    "Observer",
    "SinkConfig",
    "SinkError",
    "Step",
    "run",
    "run_until_caught_up",
]
