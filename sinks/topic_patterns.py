"""Topics named by a pattern: a regular expression that matches whole names, as Kafka's own consumers take it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from contracts import Contract, load
from sinks.errors import SinkMisconfigured

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


def matched(patterns: Iterable[str], names: Iterable[str], known: Mapping[str, Contract]) -> dict[str, Contract]:
    """The contracts of those of ``names`` that are under the patterns.

    Raises:
        SinkMisconfigured: under a pattern there is no name that has a contract.
    """
    there = list(names)
    chosen: dict[str, Contract] = {}
    for pattern in patterns:
        named = under(pattern, there)
        found = [name for name in named if name in known]
        if not found:
            told = f"has {', '.join(named)}, without a contract" if named else "has none at all"
            raise SinkMisconfigured(
                f"topics: the broker has no topic with a contract under the pattern {pattern!r}; it {told}. "
                f"Topics with a contract: {', '.join(known)}"
            )
        chosen |= {name: known[name] for name in found}
    return chosen


def chosen_topics(
    topics: Iterable[str], contracts: Mapping[str, Contract] | None, names: Callable[[], Iterable[str]]
) -> list[str]:
    """The topics that are named, and those among ``names`` that are under a pattern and have a contract.

    ``contracts`` are those there are, by default all of the project. ``names`` is asked only if there is a pattern.

    Raises:
        SinkMisconfigured: under a pattern there is no topic that has a contract.
    """
    wanted = list(topics)
    chosen = [topic for topic in wanted if not is_pattern(topic)]
    if patterns := [topic for topic in wanted if is_pattern(topic)]:
        chosen += matched(patterns, names(), load() if contracts is None else contracts)
    return list(dict.fromkeys(chosen))
