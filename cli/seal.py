"""vigil seal: what has landed, digested into a chain."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.console import AsJson, print_json, progress, say
from cli.environment import lake
from lakehouse.attach import connect
from sinks.seals import seal as sealed


def seal(as_json: AsJson = False) -> None:
    """Seal what has landed since the last seal, so that 'vigil verify --seals' finds what is altered afterwards."""
    with lake() as settings, connect(settings) as connection:
        made = sealed(connection, datetime.now(UTC).replace(tzinfo=None), progress=progress)
    if as_json:
        print_json(made)
    elif made:
        rows = sum(each.content.rows for each in made)
        say(f"{len(made):,} ranges of {rows:,} rows sealed; the chain ends at seal {made[-1].number}: {made[-1].chain}")
    else:
        say("nothing has landed since the last seal")
