"""Run a gate: every suite of it on every table it guards, at one snapshot."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.results import ExpectationOutcome, GateResult
from expectations.slices import read
from expectations.suite import SUITES, Slice, Suite, load_gate
from lakehouse.attach import connect
from lakehouse.settings import Settings


def run_gate(
    settings: Settings,
    gate: str,
    *,
    pin: int,
    at: datetime,
    parameters: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda _: None,
    folder: Path = SUITES,
) -> list[GateResult]:
    """One result for each suite and table of ``gate``, read at snapshot ``pin``; data docs are built for all of them.

    ``at`` (aware, UTC) is the time the results are filed under, and what suites may count back from (``$at``, naive).
    ``parameters`` go before those of the suite files.

    Raises:
        GateError: the gate could not be asked; see expectations/errors.py. No result is returned then, because a
            gate that was asked in part has not opened.
    """
    # Times in the lake are naive UTC.
    given = {"pin": pin, "at": at.astimezone(UTC).replace(tzinfo=None), **(parameters or {})}
    asked = [(suite, suite.values(given)) for suite in load_gate(gate, folder)]
    frames: list[tuple[Suite, Slice, pd.DataFrame, dict[str, Any]]] = []
    with connect(settings, read_only=True) as connection:
        for suite, values in asked:
            progress(f"gate {gate}: reading {suite.name}")
            frames += [(suite, part, read(connection, suite, part, values), values) for part in suite.slices]
    # Imported late: the library takes seconds to load, and most commands never open a gate.
    from expectations.context import docs_folder, open_context
    from expectations.judge import build_docs, judge

    progress(f"gate {gate}: judging {len(frames)} slices")
    home = (settings.home / "expectations").resolve()
    found: dict[tuple[str, str], list[ExpectationOutcome]] = {}
    with _exclusive(home):
        context = open_context(home)
        pages = []
        for suite, part, frame, values in frames:
            outcomes, page = judge(context, suite, part, frame, values, at)
            pages.append(page)
            for table, outcome in outcomes:
                found.setdefault((suite.name, table), []).append(outcome)
        progress(f"gate {gate}: writing data docs")
        build_docs(context, pages)
    return [
        GateResult(gate, suite, table, pin, tuple(outcomes), docs_folder(home) / "index.html")
        for (suite, table), outcomes in found.items()
    ]


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Two runs at once must not write one page of the data docs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
