"""Errors of the sinks.

SinkError
├── SinkMisconfigured    a setting is wrong, or a topic has no landing contract
├── LetterUnknown        no such dead letter
├── LetterLanded         the dead letter has landed by a replay; nothing is left to resolve
├── TopicMissing         the broker has no such topic
├── LandingStopped       what the broker holds no longer continues what the ledger says; an operator must decide
│   ├── OffsetsLost      the next offset is no longer in the topic (retention, deleted records) or not yet (truncated)
│   ├── TopicRecreated   the topic was deleted and made again: another topic id
│   └── OtherCluster     the topic was landed from another Kafka cluster
├── FencedOut            another sink keeps landing the same partitions
├── BrokerFailed         the broker reports an error that does not pass by itself
├── BrokerSilent         the broker does not answer in time
└── CatalogSilent        the lake's catalog did not come back in time
"""


class SinkError(Exception):
    """Base of this room's errors; the message names the thing, the value and the remedy."""


class SinkMisconfigured(SinkError):
    """A setting is wrong."""


class LetterUnknown(SinkError):
    """No such dead letter."""


class LetterLanded(SinkError):
    """The dead letter has landed by a replay."""


class TopicMissing(SinkError):
    """The broker has no such topic."""


class LandingStopped(SinkError):
    """Landing cannot go on without losing or doubling something, unless an operator accepts it."""


class OffsetsLost(LandingStopped):
    """The ledger's next offset lies outside what the topic holds."""


class TopicRecreated(LandingStopped):
    """The topic has another id than the one that was landed."""


class OtherCluster(LandingStopped):
    """The topic was landed from another cluster."""


class FencedOut(SinkError):
    """Another sink keeps landing the same partitions."""


class BrokerFailed(SinkError):
    """The broker reports an error that does not pass by itself."""


class BrokerSilent(SinkError):
    """The broker does not answer in time."""


class CatalogSilent(SinkError):
    """The lake's catalog did not come back in time."""
