"""Errors of the local services; each message names the thing, the value and the remedy.

LocalServiceError
├── JarsUnavailable     a jar of Kafka is neither in the cache nor to be had, or its bytes are not the locked ones
├── ServiceFailed       a local service did not start, or ended before it answered
├── ServiceTimeout      a local service runs but did not answer in time
├── ServiceUnreachable  a service named by the environment does not answer
├── SettingInvalid      an environment variable that names a service cannot be used
└── TopicFailed         a topic could not be created or did not become available
"""


class LocalServiceError(Exception):
    """Base of every error that `local` raises on purpose."""


class JarsUnavailable(LocalServiceError):
    """A jar of Kafka is neither cached nor downloadable, or differs from the lock."""


class ServiceFailed(LocalServiceError):
    """A local service did not start, or ended before it answered."""


class ServiceTimeout(LocalServiceError):
    """A local service runs but did not answer within its time."""


class ServiceUnreachable(LocalServiceError):
    """A service that the environment names does not answer."""


class SettingInvalid(LocalServiceError):
    """An environment variable that names a service has a value that cannot be used."""


class TopicFailed(LocalServiceError):
    """A topic could not be created, or did not become available in time."""
