"""vigil verify: what was sealed is as it was."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import AsJson, print_json, progress, say
from cli.environment import lake
from lakehouse.attach import connect
from sinks.seal_verification import verify_seals


def verify(
    seals: Annotated[bool, typer.Option("--seals", help="Compute every seal over landing anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare what was sealed with what the lake holds now. Exit 1 if anything differs."""
    if not seals:
        raise typer.BadParameter("say what to verify: --seals")
    with lake() as settings, connect(settings, read_only=True) as connection:
        count, broken = verify_seals(connection, progress=progress)
    if as_json:
        print_json({"seals": count, "broken": broken})
    else:
        for each in broken:
            say(str(each))
        say(f"{len(broken)} faults in {count:,} seals" if broken else f"{count:,} seals hold")
    if broken:
        raise typer.Exit(1)
