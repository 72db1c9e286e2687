"""Gates: Great Expectations suites, kept as data, and the runner that tells which rows fail them."""

from expectations.results import ExpectationOutcome, GateResult
from expectations.runner import run_gate
from expectations.suite import Suite, load_gate

__all__ = ["ExpectationOutcome", "GateResult", "Suite", "load_gate", "run_gate"]
