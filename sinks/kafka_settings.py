"""librdkafka's own settings, which pass through to it: which of them are not a user's, and which it refuses."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException

PREFIX = "kafka."
# Exactly-once rests on these; overriding one would lose or double rows quietly.
OWN = frozenset(
    {
        "auto.offset.reset",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "partition.assignment.strategy",
    }
)
# Named elsewhere, and read by more than librdkafka.
_SERVERS = ("bootstrap.servers", "metadata.broker.list")
_CONNECTION = frozenset(
    {"api", "broker", "client", "debug", "https", "log", "metadata", "reconnect", "sasl", "security", "socket", "ssl"}
)
# The first word of these says nothing.
_SWITCHES = ("enable.sasl.", "enable.ssl.")
_silent = logging.Logger("librdkafka's settings")
_silent.addHandler(logging.NullHandler())


def passes(name: str) -> str:
    """``name``, if it may be set.

    Raises:
        ValueError: why not.
    """
    if name in OWN:
        raise ValueError("cannot be set: landing depends on it")
    if name in _SERVERS:
        raise ValueError("cannot be set: the brokers are named by KAFKA_BOOTSTRAP_SERVERS")
    return name


def connection_settings(kafka: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that say how to reach the brokers, not how to consume."""
    return {
        name: value for name, value in kafka.items() if name.split(".")[0] in _CONNECTION or name.startswith(_SWITCHES)
    }


def refused(kafka: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
    """What librdkafka says of each setting that it refuses; ``ours`` are those that go with them.

    It names one at a time, so it is asked again without that one. A fault that is of no single setting stands under
    ``""``. Files that settings name are read, but nothing is connected to.
    """
    left, faults = dict(kafka), {}
    while True:
        try:
            Consumer({**ours, **left}, logger=_silent).close()
        except KafkaException as error:
            told = " ".join(error.args[0].str().split()).removeprefix("Failed to create consumer: ")
            name = _named(told, left)
            # Of a file that is not there OpenSSL says only that reading failed.
            missing = name.endswith(".location") and not os.access(str(left[name]), os.R_OK)
            faults[name] = f"{left[name]!r} cannot be read" if missing else told
            if not name:
                return faults
            del left[name]
        else:
            return faults


def _named(told: str, names: Iterable[str]) -> str:
    """The setting that a message is about: the one it names first."""
    found = {
        match.start(): name for name in names if (match := re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", told))
    }
    return found[min(found)] if found else ""
