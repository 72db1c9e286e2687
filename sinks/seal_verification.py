"""Verify seals: compute each anew from the lake, and tell the first range that is not as it was sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb

from contracts import Contract
from lakehouse import snapshots
from sinks.seal_queries import STRAYS, TOPICS
from sinks.seals import Seal, chained, read_again, seals, table_of

Head = tuple[int, str]


@dataclass(frozen=True)
class BrokenSeal:
    """What is wrong with one range; ``number`` is its seal's, None where it has none."""

    number: int | None
    range: str
    fault: str

    def __str__(self) -> str:
        return f"seal {self.number} of {self.range}: {self.fault}" if self.number else f"{self.range}: {self.fault}"


@dataclass(frozen=True)
class Verified:
    """``seals`` were computed anew; ``broken`` are in the order of the chain, what has no seal behind it.

    ``rewound`` are ranges that were landed again since they were sealed, each with who did so and why.
    """

    seals: int
    broken: list[BrokenSeal]
    rewound: list[str]


def verify_seals(
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    heads: Iterable[Head] = (),
) -> Verified:
    """Compute every seal anew, follow the chain, and look for rows that no commit accounts for.

    A range that was landed again since is compared with what it was before, which the lake keeps.

    Args:
        heads: number and link of seals as they were told elsewhere, such as in manifests; the chain must have them.
    """
    pin = snapshots.latest(connection)
    chain = seals(connection)
    broken = [*_links(chain, heads)]
    unlinked = {each.number for each in broken}
    for each in chain:
        progress(f"seal {each.number}: {each.stretch}")
        # The text that a seal without its place tells of its columns is nobody's word.
        if each.number not in unlinked and (fault := content_fault(connection, each, pin, contracts)):
            broken.append(BrokenSeal(each.number, str(each.stretch), fault))
    broken.sort(key=lambda each: each.number or 0)
    broken += _strays(connection, pin, contracts)
    rewound = [f"{each.stretch}: {each.replaced_by}" for each in chain if each.replaced_by is not None]
    return Verified(len(chain), broken, rewound)


def content_fault(
    connection: duckdb.DuckDBPyConnection, each: Seal, pin: int, contracts: Mapping[str, Contract] | None = None
) -> str | None:
    """What differs between a seal and the lake at ``pin``, None if nothing does."""
    try:
        there = read_again(connection, each, pin, table_of(each.stretch.topic, contracts))
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException, ValueError):
        at = pin if each.replaced_after is None else each.replaced_after
        return f"its table, one of its columns or snapshot {at} is gone; restore them from a backup"
    sealed = each.content
    if there.rows != sealed.rows:
        return f"it has {there.rows:,} rows, and had {sealed.rows:,}"
    if there.dead_letters != sealed.dead_letters:
        return f"it has {there.dead_letters:,} dead letters, and had {sealed.dead_letters:,}"
    if there.digest != sealed.digest:
        return "its rows or dead letters are not those that were sealed"
    return None if there.ledger == sealed.ledger else "the ledger tells other commits or rewinds of it than were sealed"


def _links(chain: list[Seal], heads: Iterable[Head]) -> Iterator[BrokenSeal]:
    """Seals out of their place, and those of ``heads`` that the chain does not have."""
    before = ""
    for number, each in enumerate(chain, start=1):
        linked = chained(before, each.number, each.stretch, each.content, each.snapshot, each.sealed_at)
        if each.number != number or linked != each.chain:
            yield BrokenSeal(each.number, str(each.stretch), "it does not follow from the seal before it")
        before = each.chain
    for number, _ in missing(chain, heads):
        yield BrokenSeal(number, "the chain", "it was told otherwise in a manifest: the chain was cut off or made anew")


def missing(chain: list[Seal], heads: Iterable[Head]) -> list[Head]:
    """Those of ``heads`` that the chain does not have, by number."""
    links = {each.number: each.chain for each in chain}
    return [(number, link) for number, link in sorted(set(heads)) if links.get(number) != link]


def _strays(
    connection: duckdb.DuckDBPyConnection, pin: int, contracts: Mapping[str, Contract] | None
) -> Iterator[BrokenSeal]:
    for (topic,) in connection.execute(TOPICS.format(pin=int(pin))).fetchall():
        statement = STRAYS.format(pin=int(pin), table=table_of(topic, contracts))
        for partition, first, last, rows in connection.execute(statement, {"topic": topic}).fetchall():
            yield BrokenSeal(None, f"{topic}/{partition}@{first}-{last}", f"{rows:,} rows that no commit landed")
