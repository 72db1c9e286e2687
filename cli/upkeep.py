"""vigil upkeep: tidy the lake now, as running sinks do from time to time."""

from __future__ import annotations

import dataclasses
import os
import socket
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

import duckdb
import typer

from cli.console import AsJson, print_json, say
from cli.environment import lake
from lakehouse.attach import connect
from lakehouse.errors import CatalogUnreachable
from lakehouse.settings import Settings
from lakehouse.upkeep import SINKS_WRITE, Upkeep, keep_up
from sinks.errors import LakeUnwritable

_AGAIN, _PAUSE_SECONDS = 5, 1.0


def upkeep(
    keep_hours: Annotated[float, typer.Option(min=1, help="How old a snapshot becomes before it is expired.")] = 24.0,
    marts: Annotated[
        bool, typer.Option("--marts", help="Merge what builds wrote, too; a build that runs meanwhile may fail.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Merge small files, expire snapshots that nothing needs, delete files that nothing has; one process at a time."""
    with lake() as settings:
        done = _round(settings, timedelta(hours=keep_hours), None if marts else SINKS_WRITE)
    if as_json:
        print_json(dataclasses.asdict(done) if done else {"busy": True})
    else:
        say(str(done or "another process is at it; nothing was done"))


def _round(settings: Settings, keep: timedelta, schemas: Collection[str] | None) -> Upkeep | None:
    """A round; one that the catalog broke off is done again at once, as files may be missing until then."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    with ExitStack() as stack:
        connection = stack.enter_context(connect(settings))
        for attempt in range(_AGAIN + 1):
            now = datetime.now(UTC).replace(tzinfo=None)
            try:
                return keep_up(connection, holder, now, keep=keep, schemas=schemas)
            except duckdb.Error:
                if attempt == _AGAIN:
                    raise
                time.sleep(_PAUSE_SECONDS)
                with suppress(CatalogUnreachable):
                    connection = stack.enter_context(connect(settings))
            except OSError as error:
                raise LakeUnwritable(
                    f"upkeep cannot write below {settings.lake_data_path}: {error}. Make room or give access, and do "
                    "it again; nothing is lost."
                ) from error
    raise AssertionError("the last attempt returns or raises")
