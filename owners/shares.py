"""Shares in the end: what each ultimate owner has of each entity over all ways together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from owners.circles import solve
from owners.order import components

# An owner's share of an entity below this is not followed on to what the entity owns; nor, of more owners than so many,
# those who have least, 0.1 % at most. What natural persons have together is counted apart and stays whole.
DROPPED = 1e-8
FOLLOWED = 1_000
# A share in the end below this (one percent) is told only with what natural persons have together, unless it is direct.
TOLD = 0.01

Shares = dict[int, float]
Owners = Mapping[int, Mapping[int, float]]
"""Of each entity its direct owners and their shares, of 1, together at most 1."""


@dataclass(frozen=True)
class Held:
    """Of an entity: what each ultimate owner has (of 1), and what natural persons have together."""

    entity: int
    shares: Shares
    of_persons: float


def in_the_end(owners: Owners, persons: set[int]) -> Iterator[Held]:
    """The integrated ownership of every entity: ``y = a (I - A)^-1``, the sum over all ways of the products along them.

    An ultimate owner is whoever is owned by nobody known, persons always. Entities that own each other, or themselves,
    are solved together, so that what goes round in a circle comes to those outside who own it (Brioschi, Buzzacchi and
    Colombo 1989, Journal of Banking & Finance 13). What nobody outside owns stays unknown.
    """
    waiting: dict[int, int] = defaultdict(int)
    for held in owners.values():
        for owner in held:
            waiting[owner] += 1
    known: dict[int, tuple[Shares, float]] = {}
    for members in components(owners):
        direct = {member: _from_outside(owners[member], known, owners, members, persons) for member in members}
        inside = {m: {o: s for o, s in owners[m].items() if o in members} for m in members}
        solved = solve(direct, inside) if any(inside.values()) else direct
        for member, (shares, of_persons) in solved.items():
            if waiting[member]:
                known[member] = (_largest(shares), of_persons)
            told = {o: s for o, s in shares.items() if s >= TOLD or o in owners[member]}
            yield Held(member, told, min(of_persons, 1.0))
        for member in members:
            for owner in owners[member]:
                waiting[owner] -= 1
                if not waiting[owner]:
                    known.pop(owner, None)


def _from_outside(
    held: Mapping[int, float],
    known: Mapping[int, tuple[Shares, float]],
    owners: Owners,
    members: set[int],
    persons: set[int],
) -> tuple[Shares, float]:
    shares: Shares = defaultdict(float)
    of_persons = 0.0
    for owner, share in held.items():
        if owner in members:
            continue
        if owner not in owners:
            shares[owner] += share
            of_persons += share * (owner in persons)
            continue
        above, above_persons = known[owner]
        of_persons += share * above_persons
        for ultimate, part in above.items():
            shares[ultimate] += share * part
    return shares, of_persons


def _largest(shares: Shares) -> Shares:
    kept = {owner: share for owner, share in shares.items() if share >= DROPPED}
    if len(kept) <= FOLLOWED:
        return kept
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0]))[:FOLLOWED])
