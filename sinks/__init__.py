"""Topic to landing, exactly once: data, dead letters and the ledger move in one transaction of the lake."""

from sinks.config import SinkConfig
from sinks.errors import SinkError
from sinks.gaps import Gap, NothingToAccept, accept_gap
from sinks.kafka_settings import connection_settings
from sinks.lag import PartitionLag, lag
from sinks.landing import run, run_until_caught_up
from sinks.orphans import remove_orphans
from sinks.progress import Counts, Event, Observer, Step
from sinks.reconcile import PartitionReconciliation, reconcile
from sinks.result import Landed, LandingResult
from sinks.settings_file import configured

__all__ = [
    "Counts",
    "Event",
    "Gap",
    "Landed",
    "LandingResult",
    "NothingToAccept",
    "Observer",
    "PartitionLag",
    "PartitionReconciliation",
    "SinkConfig",
    "SinkError",
    "Step",
    "accept_gap",
    "configured",
    "connection_settings",
    "lag",
    "reconcile",
    "remove_orphans",
    "run",
    "run_until_caught_up",
]
