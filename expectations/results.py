"""What a gate answers: one outcome an expectation, with the rows that failed it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLE = 20


@dataclass(frozen=True)
class ExpectationOutcome:
    """One expectation on one slice.

    ``failing_rows`` holds at most ``SAMPLE`` rows, each a mapping of the slice's keys to their values; ``failing`` is
    the count of all of them. ``observed`` is the measured value of an expectation on an aggregate, else None.
    """

    slice: str
    expectation: str
    column: str | None
    because: str
    severity: str
    success: bool
    rows: int
    failing: int
    observed: Any
    failing_rows: tuple[dict[str, Any], ...]

    def sentence(self) -> str:
        """The outcome in one line."""
        subject = f"{self.slice}.{self.column}" if self.column else self.slice
        if self.success:
            return f"{subject}: {self.expectation} holds on {self.rows} rows"
        measured = f" (observed {self.observed})" if self.observed is not None else ""
        rows = "; ".join(", ".join(f"{key}={value}" for key, value in row.items()) for row in self.failing_rows)
        return f"{subject}: {self.because}{measured}" + (f" Rows: {rows}" if rows else "")


@dataclass(frozen=True)
class GateResult:
    """One suite on one table at one pin; ``success`` is False when a critical expectation failed."""

    gate: str
    suite: str
    table: str
    pin: int
    outcomes: tuple[ExpectationOutcome, ...]
    data_docs: Path

    @property
    def failures(self) -> tuple[ExpectationOutcome, ...]:
        """Critical expectations that failed: the gate stays shut."""
        return tuple(each for each in self.outcomes if not each.success and each.severity == "critical")

    @property
    def warnings(self) -> tuple[ExpectationOutcome, ...]:
        """Expectations that failed without shutting the gate."""
        return tuple(each for each in self.outcomes if not each.success and each.severity != "critical")

    @property
    def success(self) -> bool:
        """Whether the gate opens."""
        return not self.failures

    def summary(self) -> str:
        """Lines for a person: every failure and warning with its rows, or that all held."""
        lines = [f"fails: {each.sentence()}" for each in self.failures]
        lines += [f"warns: {each.sentence()}" for each in self.warnings]
        head = f"{self.gate}.{self.suite} on {self.table} at snapshot {self.pin}"
        return "\n".join([f"{head}: {len(self.outcomes) - len(lines)} of {len(self.outcomes)} hold", *lines])
