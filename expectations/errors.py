"""Errors of the gates. A gate that fails is a result, not an error; these say that a gate could not be asked.

GateError
├── SuiteInvalid       a suite file is wrong: an unknown key, no slice, an expectation that does not exist
├── GateUnknown        no folder of suites has that name
├── ParameterMissing   a suite needs a value that neither its file nor the caller gave
├── SliceUnreadable    the lake refused a slice's query: table or column missing, pin expired
├── SliceTooLarge      a slice returned more rows than a gate may hold in memory
└── ExpectationNotRun  an expectation raised instead of answering
"""


class GateError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class SuiteInvalid(GateError):
    """A suite file is wrong."""


class GateUnknown(GateError):
    """There is no such gate."""


class ParameterMissing(GateError):
    """A suite needs a value that nobody gave."""


class SliceUnreadable(GateError):
    """The lake refused a slice's query."""


class SliceTooLarge(GateError):
    """A slice returned more rows than a gate may hold."""


class ExpectationNotRun(GateError):
    """An expectation could not run, so nobody knows whether the data would have met it."""
