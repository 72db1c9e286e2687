"""vigil verify: what was filed and what was sealed is as it was."""

from __future__ import annotations

from typing import Annotated

import duckdb
import typer

import reports
from cli.console import AsJson, print_json, print_rows, progress, say
from cli.environment import lake
from lakehouse.attach import connect
from reports import Check, Filing
from sinks.seal_verification import BrokenSeal, missing, verify_seals
from sinks.seals import Seal


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
            filing = reports.find(settings.home, filing_ref)
            checks = reports.verify(connection, settings, filing)
            checks.append(_sealed(connection, filing))
        count, broken = verify_seals(connection, progress=progress) if seals else (0, [])
    if as_json:
        print_json({"checks": checks, "seals": count, "broken": broken})
    else:
        if checks:
            print_rows(checks, title=filing_ref)
        for each in broken:
            say(str(each))
        if seals:
            say(f"{len(broken)} faults in {count:,} seals" if broken else f"{count:,} seals hold")
    if broken or not all(check.held for check in checks):
        raise typer.Exit(1)


def _sealed(connection: duckdb.DuckDBPyConnection, filing: Filing) -> Check:
    """The seals over the filing's movements, and whether the chain still has the one that the manifest tells."""
    manifest = filing.manifest
    wanted = {(moved["topic"], moved["partition"], moved["offset"]) for moved in manifest["transactions"]}
    covered: set[tuple[str, int, int]] = set()

    def holds(seal: Seal) -> bool:
        stretch = seal.stretch
        inside = {
            (topic, partition, offset)
            for topic, partition, offset in wanted
            if (topic, partition) == (stretch.topic, stretch.partition)
            and stretch.first_offset <= offset < stretch.next_offset
        }
        covered.update(inside)
        return bool(inside)

    count, broken = verify_seals(connection, chosen=holds)
    told = manifest["ledger"].get("seal")
    gone = missing(connection, [(told["number"], told["chain"])]) if told else []
    return Check("seals", not broken and not gone, _words(count, broken, bool(gone), len(wanted - covered)))


def _words(count: int, broken: list[BrokenSeal], gone: bool, open_: int) -> str:
    faults = [str(each) for each in broken]
    faults += ["the chain does not have the seal that the manifest tells: it was made anew"] if gone else []
    if faults:
        return "; ".join(faults)
    rest = f"; {open_:,} movements are not sealed yet ('vigil seal')" if open_ else ""
    return f"what seals the movements holds ({count:,}){rest}"
