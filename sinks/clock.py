"""The one clock of landing; tests pass their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time in UTC without a zone, as the lake has it."""
    return datetime.now(UTC).replace(tzinfo=None)
