"""Topics named by a pattern: a regular expression that matches whole names, as Kafka's own consumers take it."""

from __future__ import annotations

import re
from collections.abc import Iterable

# All that a topic's name may consist of; whatever has more is a pattern.
_NAME = re.compile(r"[a-zA-Z0-9._-]+")
# Kafka's own topics, which no pattern means.
_INTERNAL = "__"


def is_pattern(topic: str) -> bool:
    """Whether ``topic`` is a pattern and not a name; ``bank.logins`` is a name, ``bank\\..*`` a pattern."""
    return _NAME.fullmatch(topic) is None


def fault_of(pattern: str) -> str | None:
    """What is wrong with ``pattern``; None if nothing is."""
    try:
        re.compile(pattern)
    except re.error as error:
        return f"{pattern!r} is neither a topic's name nor a regular expression: {error}"
    return None


def under(pattern: str, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that the pattern matches as a whole, in order."""
    expression = re.compile(pattern)
    return sorted(name for name in names if not name.startswith(_INTERNAL) and expression.fullmatch(name))
