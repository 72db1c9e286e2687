"""vigil up, down, status: the local services."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import AsJson, answer, print_json, print_rows, progress
from cli.effective import effective
from cli.environment import lake, settings_with
from cli.sink import Sets, configured
from lakehouse.settings import Settings
from local import services


def up(
    registry: Annotated[
        bool, typer.Option("--registry", help="Start a schema registry too; its address is a sink's registry.url.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start Kafka and PostgreSQL on this machine, unless the environment names others; safe to repeat."""
    with lake(keep=True, registry=registry, make_topics=True):
        pass
    status(as_json=as_json)


def down(as_json: AsJson = False) -> None:
    """Stop the local services; topics and lake are kept."""
    stopped = services.down(Settings().home, progress=progress)
    answer([{"stopped": name} for name in sorted(stopped)], as_json=as_json, title="stopped")


def status(
    config: Annotated[
        bool, typer.Option("--config", help="Show the settings in force instead, every secret masked.")
    ] = False,
    settings: Sets = None,
    file: Annotated[Path | None, typer.Option("--file", help="File of the sinks' settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say which services run and where."""
    if not config:
        answer(services.status(Settings().home), as_json=as_json)
        return
    found = effective(settings_with(file), configured(None, settings, file))
    if as_json:
        print_json(found)
    else:
        print_rows([{"setting": name, "value": value} for name, value in found.items()])


def ui(port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1; a free one if not given.")] = None) -> None:
    """Open Dagster's pages on this machine: runs, assets, checks. Ctrl-C ends it."""
    # Dagster takes seconds to import; the other commands should not wait for it.
    from orchestration.ui import serve

    with lake() as settings:
        serve(settings, port)
