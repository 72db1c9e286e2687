"""vigil verify: what was filed and what was sealed is as it was."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import Annotated

import duckdb
import typer

import reports
from cli.console import AsJson, print_json, print_rows, progress, say
from cli.environment import lake
from lakehouse import snapshots
from lakehouse.attach import connect
from reports import Check, Filing
from sinks.seal_verification import BrokenSeal, Verified, content_fault, missing, verify_seals
from sinks.seals import seals as chain_of


def verify(
    filing_ref: Annotated[str | None, typer.Argument(help="A filing in the outbox.")] = None,
    seals: Annotated[bool, typer.Option("--seals", help="Compute every seal over landing anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a filing again from its snapshot and compare; compute what was sealed anew. Exit 1 if anything differs."""
    if filing_ref is None and not seals:
        raise typer.BadParameter("say what to verify: a filing's reference, or --seals")
    with lake() as settings, connect(settings) as connection:
        checks: list[Check] = []
        if filing_ref is not None:
            chosen = reports.find(settings.home, filing_ref)
            checks = [*reports.verify(connection, settings, chosen), _sealed(connection, chosen)]
        found = Verified(0, [], [])
        if seals:
            heads = [head for filing in reports.list_filings(settings.home) if (head := filing.seal)]
            found = verify_seals(connection, progress=progress, heads=heads)
    if as_json:
        print_json({"checks": checks, "seals": found.seals, "broken": found.broken, "rewound": found.rewound})
    else:
        if checks:
            print_rows(checks, title=filing_ref)
        if seals:
            _tell(found)
    if found.broken or not all(check.held for check in checks):
        raise typer.Exit(1)


def _tell(found: Verified) -> None:
    for each in found.broken:
        say(str(each))
    for line in found.rewound:
        say(f"landed again since it was sealed, and compared with what it was before: {line}")
    if not found.seals:
        say("nothing was sealed yet: 'vigil seal'")
    else:
        say(f"{len(found.broken)} faults in {found.seals:,} seals" if found.broken else f"{found.seals:,} seals hold")


def _sealed(connection: duckdb.DuckDBPyConnection, filing: Filing) -> Check:
    """The seals over the filing's movements, and whether the chain still has the one that the manifest tells."""
    offsets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for moved in filing.manifest["transactions"]:
        offsets[moved["topic"], moved["partition"]].append(moved["offset"])
    for listed in offsets.values():
        listed.sort()
    chain, pin = chain_of(connection), snapshots.latest(connection)
    covered: set[tuple[str, int, int]] = set()
    faults: list[str] = []
    count = 0
    for seal in chain:
        stretch = seal.stretch
        listed = offsets.get((stretch.topic, stretch.partition), [])
        inside = listed[bisect_left(listed, stretch.first_offset) : bisect_left(listed, stretch.next_offset)]
        if inside:
            count += 1
            covered.update((stretch.topic, stretch.partition, offset) for offset in inside)
            if fault := content_fault(connection, seal, pin):
                faults.append(str(BrokenSeal(seal.number, str(stretch), fault)))
    if (head := filing.seal) and missing(chain, [head]):
        faults.append("the chain does not have the seal that the manifest tells: it was cut off or made anew")
    open_ = sum(map(len, offsets.values())) - len(covered)
    rest = f"; {open_:,} movements are not sealed yet ('vigil seal')" if open_ else ""
    return Check("seals", not faults, "; ".join(faults) or f"what seals the movements holds ({count:,}){rest}")
