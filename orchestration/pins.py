"""The snapshots a run reads: tags of the run, so that every step sees the same and the run's page shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from lakehouse.snapshots import built, latest, record_build

# What a build reads of landing; the first step that asks chooses it.
BUILD = "vigil/pin"
# What the marts' gate reads: the snapshot at which this run's marts stood.
MARTS = "vigil/marts_pin"
# What filings and the gate before them read of rpt_: the snapshot at which this run's stood, else that of the newest
# build that passed its gates. Another build may be under way, and the newest snapshot then holds some of its tables.
FILING = "vigil/filing_pin"


class _Run(Protocol):
    @property
    def instance(self) -> dg.DagsterInstance: ...

    @property
    def run(self) -> dg.DagsterRun: ...


def pin_of_run(context: _Run, kind: str) -> int:
    """The snapshot that this run reads as ``kind`` (``BUILD``, ``MARTS`` or ``FILING``), chosen if no step has yet.

    A run that is executed again keeps the tags of the first, and so its snapshots.

    Raises:
        lakehouse.errors.NotBuilt: ``FILING`` is asked for, and no build has ended yet.
    """
    # As stored: the run in the context has the tags it began with.
    run = context.instance.get_run_by_id(context.run.run_id)
    assert run is not None
    if kind in run.tags:
        return int(run.tags[kind])
    with connect(Settings(), read_only=True) as connection:
        pin = built(connection) if kind == FILING else latest(connection)
    context.instance.add_run_tags(run.run_id, {kind: str(pin)})
    return pin


def pin_here(context: _Run, kind: str) -> None:
    """Let this run's later steps read as ``kind`` what the lake holds now.

    For the step that made it, while it keeps others from making it anew.
    """
    with connect(Settings(), read_only=True) as connection:
        pin = latest(connection)
    context.instance.add_run_tags(context.run.run_id, {kind: str(pin)})


def record(pin: int) -> None:
    """Put into the ledger that the build whose tables stand at ``pin`` passed its gates."""
    with connect(Settings()) as connection:
        record_build(connection, pin, datetime.now(UTC).replace(tzinfo=None))
