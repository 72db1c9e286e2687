"""The order in which entities can be solved: owners first, those in a circle together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


def components(owners: Mapping[int, Mapping[int, float]]) -> Iterator[set[int]]:
    """The entities (keys) in groups, each after all groups that own it; a group of several is a circle."""
    entities = sorted(owners)
    place = {entity: at for at, entity in enumerate(entities)}
    links = [(place[owner], place[entity]) for entity in entities for owner in owners[entity] if owner in place]
    above, below = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = csr_array((np.ones(len(links), dtype=bool), (above, below)), shape=(len(entities), len(entities)))
    count, label = connected_components(graph, connection="strong")
    members: list[list[int]] = [[] for _ in range(count)]
    for entity, group in zip(entities, label.tolist(), strict=True):
        members[group].append(entity)
    between = {(a, b) for a, b in zip(label[above].tolist(), label[below].tolist(), strict=True) if a != b}
    followers: list[list[int]] = [[] for _ in range(count)]
    owned_by = [0] * count
    for first, second in sorted(between):
        followers[first].append(second)
        owned_by[second] += 1
    ready = [group for group in range(count) if not owned_by[group]]
    while ready:
        group = ready.pop()
        yield set(members[group])
        for follower in followers[group]:
            owned_by[follower] -= 1
            if not owned_by[follower]:
                ready.append(follower)
