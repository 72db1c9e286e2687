"""What a command prints: a table for people or JSON for programs on standard output, progress on standard error."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cli import log_lines

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table for people.")]

TICK_SECONDS = 2.0
PIPE_WIDTH = 200

# In a pipe or a file a table keeps its rows whole.
_out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
_err = Console(stderr=True, highlight=False)


def progress(message: str) -> None:
    """One line of progress of a long command, on standard error."""
    if log_lines.wanted():
        log_lines.log("progress", message=message)
        return
    _err.print(message, style="dim", markup=False, soft_wrap=True)


def say(message: str) -> None:
    """One line of a command's answer."""
    _out.print(message, markup=False, soft_wrap=True)


def fail(message: str, *, as_json: bool = False) -> None:
    """An error, on standard error; for programs also as JSON on standard output."""
    if as_json:
        print_json({"error": message})
    if log_lines.wanted():
        log_lines.log("failed", "error", message=message)
        return
    _err.print(f"error: {message}", style="red", markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """``value`` (dataclasses, mappings, sequences, decimals, times) as indented JSON."""
    data = orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    sys.stdout.write(data.decode() + "\n")


def print_rows(rows: Iterable[Any], *, title: str | None = None, columns: Sequence[str] | None = None) -> None:
    """Dataclasses or mappings as a table; ``columns`` chooses and orders what is shown."""
    records = [dataclasses.asdict(row) if dataclasses.is_dataclass(row) else dict(row) for row in rows]  # type: ignore[arg-type]
    if not records:
        say(f"{title}: none" if title else "none")
        return
    names = list(columns or records[0])
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in names:
        numeric = all(isinstance(record.get(name), int | float | Decimal | None) for record in records)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for record in records:
        table.add_row(*(_cell(record.get(name)) for name in names))
    _out.print(table)


def answer(value: Any, *, as_json: bool, title: str | None = None, columns: Sequence[str] | None = None) -> None:
    """Rows as the caller asked for them: JSON or a table."""
    if as_json:
        print_json(value)
    else:
        print_rows(value, title=title, columns=columns)


def tell_event(event: Mapping[str, Any], words: str, topic: str, *, as_json: bool) -> None:
    """An event that was put on ``topic``: as it is, or ``words`` with its partition and offset."""
    if as_json:
        print_json(event)
        return
    say(f"{words} at {topic}[{event['partition']}]@{event['offset']}")
    say("It counts from the next 'vigil build', which lands it first.")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_cell, value))
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Ticker:
    """Progress of a count: at most one line in two seconds, so that a log stays readable and a person sees it move."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = time.monotonic()

    def __call__(self, detail: str, count: int) -> None:
        now = time.monotonic()
        if now - self._told >= TICK_SECONDS:
            self._told = now
            progress(f"{self._what}: {detail} {count:,}")
