"""Errors of the simulator; each message names the thing, the value and the remedy.

SimulatorError
├── OutOfRange       an argument of a simulation cannot be met, such as too few customers for every typology
├── SharedMissing    a published data set is not where VIGIL_SHARED points
└── ProduceFailed    the broker refused or did not confirm an event, or a topic is missing
"""


class SimulatorError(Exception):
    """Base of every error that `simulator` raises on purpose."""


class OutOfRange(SimulatorError):
    """An argument of a simulation cannot be met."""


class SharedMissing(SimulatorError):
    """A published data set is not where VIGIL_SHARED points."""


class ProduceFailed(SimulatorError):
    """An event did not reach its topic."""
