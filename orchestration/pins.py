"""The snapshots a run reads: tags of the run, so that every step sees the same and the run's page shows them."""

from __future__ import annotations

from typing import Protocol

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from lakehouse.snapshots import latest

# What a build reads of landing; the first step that asks chooses it.
BUILD = "vigil/pin"
# What filings read of rpt_; chosen once the build before it has ended.
FILING = "vigil/filing_pin"


class _Run(Protocol):
    @property
    def instance(self) -> dg.DagsterInstance: ...

    @property
    def run(self) -> dg.DagsterRun: ...


def pin_of_run(context: _Run, kind: str) -> int:
    """The snapshot that this run reads as ``kind`` (``BUILD`` or ``FILING``); the newest, if no step has asked yet.

    A run that is executed again keeps the tags of the first, and so its snapshots.
    """
    # As stored: the run in the context has the tags it began with.
    run = context.instance.get_run_by_id(context.run.run_id)
    assert run is not None
    if kind in run.tags:
        return int(run.tags[kind])
    pin = newest()
    context.instance.add_run_tags(run.run_id, {kind: str(pin)})
    return pin


def newest() -> int:
    """The newest snapshot of the lake."""
    with connect(Settings(), read_only=True) as connection:
        return latest(connection)
