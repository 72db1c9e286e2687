"""What a running sink tells about itself: one event a step of a batch, in the thread that took the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sinks.records import Partition, Range


class Step(StrEnum):
    """The steps of a batch, in order, and what can befall it."""

    SERVING = "serving"  # metrics and health are answered at the address in ``detail``; no batch yet
    ASSIGNED = "assigned"  # the group gave this sink partitions; no batch yet
    REVOKED = "revoked"  # the group took partitions away; no batch either
    REGISTRY_FAILED = "registry_failed"  # the schema registry gave no schema; no batch, ``detail`` is the cause
    STOPPED = "stopped"  # a topic stands aside until an operator decides; no batch, ``detail`` says why
    WAITING = "waiting"  # a topic stands aside until it is tried again; no batch either
    RESUMED = "resumed"  # a topic that waited has landed something
    FOUND = "found"  # topics under a pattern are landed from now on
    IGNORED = "ignored"  # topics under a pattern are left alone, for ``detail``
    GROWN = "grown"  # a landing table has got columns or wider types; ``detail`` says which
    TENDED = "tended"  # a round of upkeep is done; no batch, ``detail`` says what it did
    UNTENDED = "untended"  # upkeep fails, for ``detail``, and is tried again; no batch
    RESTORED = "restored"  # upkeep put files back that a commit had taken for failed; no batch
    CONSUMED = "consumed"
    ENCODED = "encoded"
    REGISTERED = "registered"  # files registered in the open transaction, ledger not yet moved
    PREPARED = "prepared"  # everything is in the open transaction, about to commit
    COMMITTED = "committed"
    CONFLICTED = "conflicted"  # the catalog refused the transaction for another one's sake; what that was is found out
    REPEATED = "repeated"  # the transaction did not go through and is tried again
    CONFIRMED = "confirmed"  # the transaction seemed lost, but the ledger has it
    FENCED = "fenced"  # another sink moved the ledger; the batch is dropped
    ABANDONED = "abandoned"  # dropped for a stop, a revoked partition, an earlier batch's fate or its topic's failure


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

    Those before CONSUMED are no steps of a batch: their ``commit_id`` is empty, ``counts`` names the topics.
    ``ranges`` are the batch's offsets; at ASSIGNED and REVOKED, the partitions, standing still. ``sizes`` are bytes of
    values, keys and headers by topic. ``reasons`` counts dead letters by topic and reason; ``seconds`` is how long the
    commit took with all its attempts; both come with COMMITTED.
    """

    step: Step
    commit_id: str
    counts: dict[str, Counts]
    files: tuple[str, ...] = ()
    detail: str | None = None
    ranges: Mapping[Partition, Range] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seconds: float | None = None


Observer = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """An observer that looks away."""
