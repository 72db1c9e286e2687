"""Verify seals: compute each anew from the lake, and tell the first range that is not as it was sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from contracts import Contract
from lakehouse import snapshots
from sinks.seals import Seal, chained, read, seals, table_of


@dataclass(frozen=True)
class BrokenSeal:
    """What is wrong with the seal of one range."""

    number: int
    range: str
    fault: str

    def __str__(self) -> str:
        return f"seal {self.number} of {self.range}: {self.fault}"


def verify_seals(
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    chosen: Callable[[Seal], bool] = lambda _: True,
) -> tuple[int, list[BrokenSeal]]:
    """How many seals were computed anew, and those that are broken, in the order of the chain.

    A range that was landed again since is compared with what it was before, which the lake keeps.

    Args:
        chosen: whose content is computed anew; the chain is followed through all of them.
    """
    found, count, before = [], 0, ""
    pin = snapshots.latest(connection)
    for number, each in enumerate(seals(connection), start=1):
        if each.number != number:
            found.append(BrokenSeal(each.number, str(each.stretch), f"it stands where seal {number} should"))
        if chained(before, each.number, each.stretch, each.content) != each.chain:
            found.append(BrokenSeal(each.number, str(each.stretch), "it does not follow from the seal before it"))
        before = each.chain
        if chosen(each):
            count += 1
            progress(f"seal {each.number}: {each.stretch}")
            if fault := _fault(connection, each, pin, contracts):
                found.append(BrokenSeal(each.number, str(each.stretch), fault))
    return count, found


def missing(connection: duckdb.DuckDBPyConnection, heads: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those of ``heads`` (number and link of a seal, as a manifest tells them) that the chain does not have."""
    chain = {each.number: each.chain for each in seals(connection)}
    return [(number, link) for number, link in heads if chain.get(number) != link]


def _fault(
    connection: duckdb.DuckDBPyConnection, each: Seal, pin: int, contracts: Mapping[str, Contract] | None
) -> str | None:
    """What differs between the seal and the lake, None if nothing does."""
    at = pin if each.replaced_after is None else each.replaced_after
    try:
        there = read(connection, each.stretch, at, table_of(each.stretch.topic, contracts), each.content.columns)
    except duckdb.ConversionException as error:
        return f"a value is of another kind than it was: {error}"
    sealed = each.content
    if there.rows != sealed.rows:
        return f"it has {there.rows:,} rows, and had {sealed.rows:,}"
    if there.dead_letters != sealed.dead_letters:
        return f"it has {there.dead_letters:,} dead letters, and had {sealed.dead_letters:,}"
    return None if there.digest == sealed.digest else "its rows or dead letters are not those that were sealed"
