"""Who controls an entity: by more than half of it, by a say without shares, and through entities that he controls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAJORITY = 0.5


@dataclass(frozen=True)
class Control:
    """A person controls an entity; ``above`` is who holds it directly: the person, or an entity that he controls."""

    entity: int
    person: int
    above: int


def controlled(
    owners: Mapping[int, Mapping[int, float]], said: Mapping[int, set[int]], persons: set[int]
) -> Iterator[Control]:
    """Every entity that a natural person controls.

    ``owners`` are direct shares (of 1), ``said`` who has a say (management or other control) without regard to shares.
    A person controls what he has a say in, and that of which he and the entities that he controls have more than half
    together; so also Regulation (EU) 2024/1624 articles 53 and 54. Circles end, since nothing is controlled twice.
    """
    owned: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for entity, held in owners.items():
        for owner, share in held.items():
            owned[owner].append((entity, share))
    told: dict[int, list[int]] = defaultdict(list)
    for entity, controllers in said.items():
        for controller in controllers:
            told[controller].append(entity)
    for person in sorted(persons & (owned.keys() | told.keys())):
        yield from _of(person, owned, told)


def _of(person: int, owned: Mapping[int, list[tuple[int, float]]], told: Mapping[int, list[int]]) -> Iterator[Control]:
    reached = {person}
    held: dict[int, float] = defaultdict(float)
    holders = [person]
    while holders:
        holder = holders.pop()
        found = list(told.get(holder, ()))
        for entity, share in owned.get(holder, ()):
            held[entity] += share
            if held[entity] > MAJORITY:
                found.append(entity)
        for entity in found:
            if entity not in reached:
                reached.add(entity)
                holders.append(entity)
                yield Control(entity, person, holder)
