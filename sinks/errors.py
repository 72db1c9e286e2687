"""Errors of the sinks.

SinkError
├── SinkMisconfigured    a setting is wrong, or a topic has no landing contract
├── LetterUnknown        no such dead letter
├── LetterLanded         the dead letter has landed by a replay; nothing is left to resolve
├── RewindRefused        a range cannot be landed again, or changed while it was read
├── TopicStopped         one topic cannot go on unless an operator decides; other topics go on
│   ├── TopicMissing     the broker has no such topic
│   ├── TopicDenied      the broker's access rules keep this user from the topic
│   ├── OffsetsLost      the next offset is no longer in the topic (retention, deleted records) or not yet (truncated)
│   ├── TopicRecreated   the topic was deleted and made again: another topic id
│   └── SchemaIncompatible   messages have a schema that the contract or the landing table cannot take
├── TopicWaits           one topic cannot go on now, and is tried again by itself; other topics go on
│   └── SchemaUnavailable    a message's schema is not known yet and the registry does not answer
├── TopicsStopped        several topics have stopped, each by an error of its own
├── OtherCluster         a topic was landed from another Kafka cluster; the whole sink is connected wrongly
├── FencedOut            another sink keeps landing the same partitions
├── GroupDenied          the broker's access rules keep this user from the consumer group
├── BrokerRefuses        the broker lets nobody in like that: certificate, login or protocol
├── BrokerFailed         the broker reports an error that does not pass by itself
├── BrokerSilent         the broker does not answer in time
├── CatalogSilent        the lake's catalog did not come back in time
└── LakeUnwritable       the lake's data path takes no file: the disk is full, or closed to us
"""

from __future__ import annotations

from collections.abc import Sequence


class SinkError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class SinkMisconfigured(SinkError):
    """A setting is wrong."""


class LetterUnknown(SinkError):
    """No such dead letter."""


class LetterLanded(SinkError):
    """The dead letter has landed by a replay."""


class RewindRefused(SinkError):
    """What was asked cannot be landed again; nothing was changed."""


class TopicStopped(SinkError):
    """``topic`` cannot go on without losing or doubling something, unless an operator decides."""

    def __init__(self, topic: str, message: str) -> None:
        super().__init__(message)
        self.topic = topic


class TopicMissing(TopicStopped):
    """The broker has no such topic."""


class TopicDenied(TopicStopped):
    """This user lacks a right on the topic."""


class OffsetsLost(TopicStopped):
    """The ledger's next offset lies outside what the topic holds."""


class TopicRecreated(TopicStopped):
    """The topic has another id than the one that was landed."""


class SchemaIncompatible(TopicStopped):
    """Messages of the topic have a schema that its contract or its landing table cannot take."""


class DecodingFailed(TopicStopped):
    """The decoder broke on a batch, by a fault of its own; the cause is chained."""


class TopicWaits(SinkError):
    """``topic`` cannot go on now; it is tried again by itself."""

    def __init__(self, topic: str, message: str) -> None:
        super().__init__(message)
        self.topic = topic


class SchemaUnavailable(TopicWaits):
    """A message's schema is not known yet, and the registry does not tell."""


class TopicsStopped(SinkError):
    """Several topics have stopped; ``errors`` has each one's."""

    def __init__(self, errors: Sequence[TopicStopped | TopicWaits]) -> None:
        super().__init__(f"{len(errors)} topics have stopped: " + " | ".join(map(str, errors)))
        self.errors = tuple(errors)


class OtherCluster(SinkError):
    """The topic was landed from another cluster."""


class FencedOut(SinkError):
    """Another sink keeps landing the same partitions."""


class GroupDenied(SinkError):
    """This user lacks a right on the consumer group."""


class BrokerRefuses(SinkError):
    """The broker refuses the connection or the login, for a reason that does not pass by itself."""


class BrokerFailed(SinkError):
    """The broker reports an error that does not pass by itself."""


class BrokerSilent(SinkError):
    """The broker does not answer in time."""


class CatalogSilent(SinkError):
    """The lake's catalog did not come back in time."""


class LakeUnwritable(SinkError):
    """The lake's data path takes no file."""
