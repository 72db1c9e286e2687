"""From interests as they stand in the file to who owns and controls each entity in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from owners.control import controlled
from owners.shares import in_the_end

# What counts as a say without regard to shares; voting rights count like shares.
SAY = frozenset({"management", "other"})


@dataclass(frozen=True)
class Interest:
    """One owner's or controller's interest in an entity; ``share`` is of 1, None where there is none."""

    entity: str
    owner: str
    kind: str
    share: float | None


@dataclass(frozen=True)
class Owned:
    """What a party has of an entity in the end.

    ``share`` (of 1) over all ways. ``controlled_by`` is who holds the entity for a person that controls it: the
    person, or an entity that the person controls. The row without ``owner`` tells what natural persons have together.
    """

    entity: str
    owner: str | None
    share: float
    controlled_by: str | None = None


def ultimate(interests: Iterable[Interest], persons: Iterable[str]) -> Iterator[Owned]:
    """Who owns and controls each entity in the end.

    Shares of an entity that come to more than all of it count in proportion, so that they come to all of it; those
    below nothing do not count, and neither does what is held in a natural person.
    """
    names: list[str] = []
    number: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in number:
            number[name] = len(names)
            names.append(name)
        return number[name]

    natural = {of(person) for person in persons}
    owners: dict[int, dict[int, float]] = defaultdict(dict)
    said: dict[int, set[int]] = defaultdict(set)
    for each in interests:
        entity, owner = of(each.entity), of(each.owner)
        if entity in natural:
            continue
        if each.share is not None and each.share > 0:
            owners[entity][owner] = owners[entity].get(owner, 0.0) + each.share
        if each.kind in SAY and entity != owner:
            said[entity].add(owner)
    for held in owners.values():
        whole = sum(held.values())
        if whole > 1:
            held.update({owner: share / whole for owner, share in held.items()})
    rows: dict[tuple[int, int | None], Owned] = {}
    for one in in_the_end(owners, natural):
        rows[one.entity, None] = Owned(names[one.entity], None, one.of_persons)
        for ultimate_owner, share in one.shares.items():
            rows[one.entity, ultimate_owner] = Owned(names[one.entity], names[ultimate_owner], share)
    for control in controlled(owners, said, natural):
        key = (control.entity, control.person)
        found = rows.get(key, Owned(names[control.entity], names[control.person], 0.0))
        rows[key] = replace(found, controlled_by=names[control.above])
    yield from rows.values()
