"""Topics that stand aside: stopped until an operator decides, or waiting until they are tried again."""

from __future__ import annotations

from dataclasses import dataclass

from sinks.errors import SinkError, TopicsStopped, TopicStopped, TopicWaits

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass
class Aside:
    """Why a topic stands aside, since when, and when it is to be tried again; times are ``time.monotonic``'s.

    ``again`` is None for a topic that has stopped. ``pause`` is how long the next wait is.
    """

    error: TopicStopped | TopicWaits
    since: float
    again: float | None
    pause: float


class TopicsAside:
    """Which topics stand aside. For one thread."""

    def __init__(self) -> None:
        self._topics: dict[str, Aside] = {}
        self._trying: dict[str, Aside] = {}

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics

    @property
    def stopped(self) -> list[TopicStopped]:
        """The errors of the topics that have stopped."""
        return [each.error for each in self._topics.values() if isinstance(each.error, TopicStopped)]

    def put(self, error: TopicStopped | TopicWaits, now: float) -> None:
        """``error.topic`` stands aside; each time that it waits before anything of it has landed, it waits longer."""
        before = self._trying.pop(error.topic, None)
        if isinstance(error, TopicStopped):
            self._topics[error.topic] = Aside(error, now, None, 0.0)
            return
        since, pause = (before.since, before.pause) if before else (now, FIRST_PAUSE_SECONDS)
        self._topics[error.topic] = Aside(error, since, now + pause, min(pause * 2, LONGEST_PAUSE_SECONDS))

    def due(self, now: float) -> list[str]:
        """Topics to be tried again."""
        return [topic for topic, each in self._topics.items() if each.again is not None and each.again <= now]

    def bring_back(self, topic: str) -> None:
        """``topic`` is tried again."""
        self._trying[topic] = self._topics.pop(topic)

    def landed(self, topic: str) -> bool:
        """Something of ``topic`` has landed; whether it had been tried again."""
        return self._trying.pop(topic, None) is not None

    def waiting(self, now: float, seconds: float) -> list[TopicWaits]:
        """The errors of topics that have been waiting for more than ``seconds``, also those being tried just now."""
        held = (*self._topics.values(), *self._trying.values())
        return [each.error for each in held if isinstance(each.error, TopicWaits) and now - each.since > seconds]


def together(errors: list[TopicStopped | TopicWaits]) -> SinkError:
    """One error for those of several topics; the error itself if it is alone."""
    return errors[0] if len(errors) == 1 else TopicsStopped(errors)
