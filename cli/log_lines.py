"""A log for programs: one JSON object a line on standard error, each with its time, level and event."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

import orjson

from sinks import Event, Step
from sinks.librdkafka import LOGGER

Level = Literal["info", "warning", "error"]


class LogFormat(StrEnum):
    """How a long command tells what it does."""

    HUMAN = "human"
    JSON = "json"


# Steps between these are of interest to tests alone.
_TOLD: dict[Step, Level] = {
    Step.SERVING: "info",
    Step.ASSIGNED: "info",
    Step.REVOKED: "info",
    Step.STOPPED: "error",
    Step.WAITING: "warning",
    Step.RESUMED: "info",
    Step.FOUND: "info",
    Step.IGNORED: "warning",
    Step.GROWN: "info",
    Step.TENDED: "info",
    Step.UNTENDED: "warning",
    Step.RESTORED: "warning",
    Step.COMMITTED: "info",
    Step.CONFIRMED: "warning",
    Step.CONFLICTED: "warning",
    Step.REPEATED: "warning",
    Step.FENCED: "warning",
    Step.ABANDONED: "warning",
}
_OF_TOPICS = (Step.STOPPED, Step.WAITING, Step.RESUMED, Step.FOUND, Step.IGNORED, Step.GROWN)
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)


@contextmanager
def log_lines(form: LogFormat) -> Iterator[None]:
    """Within the block progress and errors are told in ``form``, and so is what librdkafka has to say."""
    token = _as_json.set(form is LogFormat.JSON)
    handler = _JsonLines() if form is LogFormat.JSON else logging.StreamHandler()
    level = LOGGER.level
    LOGGER.addHandler(handler)
    # Its own settings choose.
    LOGGER.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeHandler(handler)
        _as_json.reset(token)


def wanted() -> bool:
    """Whether lines are to be JSON."""
    return _as_json.get()


def log(event: str, level: Level = "info", **fields: Any) -> None:
    """Write one line, in one piece."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event, **fields}
    sys.stderr.write(orjson.dumps(line).decode() + "\n")
    sys.stderr.flush()


class _JsonLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        worse: Level = "error" if record.levelno >= logging.ERROR else "warning"
        log("librdkafka", worse if record.levelno >= logging.WARNING else "info", message=record.getMessage())


def log_step(event: Event) -> None:
    """One line about a step of a sink: its batch, offsets, counts and seconds; nothing of a message, and no key."""
    if event.step not in _TOLD:
        return
    fields: dict[str, Any] = {"batch": event.commit_id or None, "seconds": event.seconds}
    fields["address" if event.step is Step.SERVING else "why"] = event.detail
    if event.step in _OF_TOPICS:
        fields["topics"] = list(event.counts)
    if event.ranges:
        fields["offsets"] = [
            {"topic": partition.topic, "partition": partition.number, "first": each.first, "next": each.next}
            for partition, each in sorted(event.ranges.items())
        ]
    if event.commit_id:
        fields["topics"] = {
            topic: {
                "rows": counts.rows,
                "dead_letters": counts.dead_letters,
                "reasons": event.reasons.get(topic, {}),
                "holes": counts.holes,
                "bytes": event.sizes.get(topic, 0),
            }
            for topic, counts in event.counts.items()
        }
        fields["rows"] = sum(counts.rows for counts in event.counts.values())
    log(event.step, _TOLD[event.step], **{name: value for name, value in fields.items() if value is not None})
