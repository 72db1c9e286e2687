"""What a run of a sink has landed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sinks.progress import Counts


@dataclass
class Landed:
    """What a run landed of one topic, in how many batches."""

    counts: Counts = field(default_factory=Counts)
    batches: int = 0


@dataclass
class LandingResult:
    """What a run landed: by topic, in how many seconds, and how often a batch was fenced or tried again.

    ``stopped`` has the topics that could not go on, and why.
    """

    topics: dict[str, Landed] = field(default_factory=dict)
    seconds: float = 0.0
    fenced: int = 0
    repeated: int = 0
    stopped: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Counts:
        """The counts of all topics together."""
        return sum((each.counts for each in self.topics.values()), Counts())
