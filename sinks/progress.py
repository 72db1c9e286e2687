"""What a running sink tells about itself: one event a step of a batch, in the thread that took the step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps of a batch, in order, and what can befall it."""

    ASSIGNED = "assigned"  # the group gave this sink partitions; no batch yet
    CONSUMED = "consumed"
    ENCODED = "encoded"
    REGISTERED = "registered"  # files registered in the open transaction, ledger not yet moved
    PREPARED = "prepared"  # everything is in the open transaction, about to commit
    COMMITTED = "committed"
    REPEATED = "repeated"  # the transaction did not go through and is tried again
    CONFIRMED = "confirmed"  # the transaction seemed lost, but the ledger has it
    FENCED = "fenced"  # another sink moved the ledger; the batch is dropped
    ABANDONED = "abandoned"  # dropped for a stop, a revoked partition or an earlier batch's fate


@dataclass(frozen=True)
class Counts:
    """What one batch holds of one topic."""

    rows: int = 0
    dead_letters: int = 0
    holes: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.rows + other.rows, self.dead_letters + other.dead_letters, self.holes + other.holes)


@dataclass(frozen=True)
class Event:
    """One step of one batch. ``counts`` is by topic; before ENCODED it holds the messages as rows.

    ASSIGNED is no step of a batch: its ``commit_id`` is empty, and ``counts`` names the topics.
    """

    step: Step
    commit_id: str
    counts: dict[str, Counts]
    files: tuple[str, ...] = ()
    detail: str | None = None


Observer = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """An observer that looks away."""
