"""vigil upkeep: tidy the lake now, as running sinks do from time to time."""

from __future__ import annotations

import dataclasses
import os
import socket
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.console import AsJson, print_json, say
from cli.environment import lake
from lakehouse.attach import connect
from lakehouse.upkeep import keep_up


def upkeep(
    keep_hours: Annotated[float, typer.Option(min=1, help="How old a snapshot becomes before it is expired.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Merge small files, expire snapshots that nothing needs, delete files that nothing has; one process at a time."""
    with lake() as settings, connect(settings) as connection:
        now = datetime.now(UTC).replace(tzinfo=None)
        done = keep_up(connection, f"{socket.gethostname()}:{os.getpid()}", now, keep=timedelta(hours=keep_hours))
    if as_json:
        print_json(dataclasses.asdict(done) if done else {"busy": True})
    elif done is None:
        say("another process is at it; nothing was done")
    else:
        say(
            f"{done.flushed_rows:,} rows written from the catalog to files, {done.merged_files:,} files merged, "
            f"{done.expired_snapshots:,} snapshots expired, {done.removed_files:,} files removed"
        )
