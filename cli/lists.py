"""vigil lists: versions of published lists onto their topic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from cli.console import AsJson, print_json, print_rows, say
from cli.environment import client, lake
from lakehouse.attach import connect
from screening import landed
from screening.lists import files
from screening.lists.changes import changes
from screening.lists.version import TOPIC
from simulator import wire
from simulator.producer import produce

SHOWN = 20

app = typer.Typer(help="Sanctions and watch lists.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Sanctions and watch lists."""


@app.command()
def ingest(
    kind: Annotated[str, typer.Argument(help="ofac-sdn, un-consolidated, eu-consolidated, or a name for our CSV.")],
    paths: Annotated[list[Path], typer.Argument(help="The list's files; of ofac-sdn sdn.csv, alt.csv, add.csv.")],
    published: Annotated[
        datetime | None, typer.Option(help="When it was published, if its files do not say; else today.")
    ] = None,
    allow_shrink: Annotated[bool, typer.Option(help="Take a version that has lost more than half.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a version of a list on its topic, and tell what it changes."""
    today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    version = files.read(kind, paths, published or today)
    with lake() as settings:
        with connect(settings) as connection:
            before = landed.entries(connection).filter(pl.col("list_name") == version.list_name)
        found = changes(before, version, allow_shrink)
        known = before["list_version"].unique().to_list() == [version.list_version]
        sent = 0
        if not dry_run and not (known and found.is_empty()):
            removed = found.filter(pl.col("change") == "removed")
            messages = wire.messages(TOPIC, version.entries)
            gone = removed.select(key="entry_id", value=pl.lit(None), timestamp=pl.lit(messages["timestamp"][0]))
            batch = pl.concat([messages, gone.select(messages.columns).cast(messages.schema)])
            assert settings.kafka_bootstrap_servers is not None
            sent = sum(produce([{TOPIC: batch}], settings.kafka_bootstrap_servers, client=client(settings)).values())
    counted = dict(found["change"].value_counts().iter_rows())
    if as_json:
        print_json(
            {
                "list": version.list_name,
                "version": version.list_version,
                "entries": version.entries.height,
                "sent": sent,
                "counted": counted,
                "changes": found.to_dicts(),
            }
        )
        return
    print_rows(found.head(SHOWN).to_dicts(), title="changes" if found.height <= SHOWN else f"the first {SHOWN} changes")
    told = ", ".join(f"{count} {change}" for change, count in sorted(counted.items())) or "nothing changed"
    say(f"{version.list_name} {version.list_version}: {version.entries.height} entries, {told}, {sent} events sent")
