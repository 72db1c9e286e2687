"""Entities that own each other, or themselves: one linear system, solved for all who own them from outside."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import splu

# Larger circles are walked round, since their factors fill up: until no part that still goes round is this large.
SOLVED_AT_ONCE = 2_000
ROUNDS = 1_000
TOLERANCE = 1e-9
# Walked round, a single owner's part of a round below this is dropped; that of natural persons together never is.
DROPPED = 1e-4
COLUMNS = 4_096

Part = tuple[dict[int, float], float]


def solve(direct: Mapping[int, Part], inside: Mapping[int, Mapping[int, float]]) -> dict[int, Part]:
    """What owners outside have of each member: ``x = direct + inside x``.

    ``direct`` is what they have without the circle, each owner's share and that of natural persons together;
    ``inside`` what members own of each other. Where nobody outside owns a member, nobody has anything of it.
    """
    members = sorted(direct)
    owners = sorted({owner for shares, _ in direct.values() for owner in shares})
    row, column = {m: at for at, m in enumerate(members)}, {o: at for at, o in enumerate(owners)}
    links = [(row[m], row[o], share) for m in members for o, share in inside[m].items()]
    to, source, share = (np.array(each) for each in zip(*links, strict=True))
    passed = csr_array((share, (to, source)), shape=(len(members),) * 2)
    # The last column is what natural persons have together.
    cells = [(row[m], column[o], part) for m in members for o, part in direct[m][0].items()]
    cells += [(row[m], len(owners), direct[m][1]) for m in members]
    at, of, part = (np.array(each) for each in zip(*cells, strict=True))
    begin = csc_array((part, (at, of)), shape=(len(members), len(owners) + 1))
    found: list[dict[int, float]] = [{} for _ in members]
    last = len(owners)
    if owners:
        for first in range(0, last, COLUMNS):
            _keep(found, _solved(passed, begin[:, first : min(first + COLUMNS, last)], DROPPED), first)
        _keep(found, _solved(passed, begin[:, last:], TOLERANCE), last)
    return {
        member: ({owners[at]: share for at, share in held.items() if at != last}, held.get(last, 0.0))
        for member, held in zip(members, found, strict=True)
    }


def _solved(passed: csr_array, begin: csc_array, dropped: float) -> csr_array:
    size = passed.shape[0]
    if size <= SOLVED_AT_ONCE:
        return csr_array(splu(csc_array(eye_array(size) - passed)).solve(begin.toarray()))
    total = csr_array(begin)
    going = total
    for _ in range(ROUNDS):
        going = csr_array(passed @ going)
        total = total + going
        going.data[going.data < dropped] = 0
        going.eliminate_zeros()
        if not going.nnz:
            break
    return total


def _keep(found: list[dict[int, float]], solved: csr_array, first: int) -> None:
    cells = solved.tocoo()
    for row, column, share in zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True):
        if share > TOLERANCE:
            found[row][first + column] = share
