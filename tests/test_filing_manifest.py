"""The manifest tells how far the incremental models were: each by the last of its builds, not by an earlier one."""

from __future__ import annotations

from datetime import datetime

import reporting_lake as lakes
from reporting_lake import Lake

from lakehouse import snapshots
from reports.manifest import ledger_at

stored, lake = lakes.stored, lakes.lake


def test_a_model_is_as_far_as_its_last_build(lake: Lake) -> None:
    connection, _ = lake
    before = snapshots.latest(connection)
    for day, pin in ((1, 10), (3, 30), (2, 20)):
        connection.execute(
            "insert into lake.ledger.watermarks values ('staging.stg_transactions', ?, ?)",
            [pin, datetime(2026, 1, day)],
        )
    assert ledger_at(connection, snapshots.latest(connection))["watermarks"]["staging.stg_transactions"] == 30
    assert "staging.stg_transactions" not in ledger_at(connection, before)["watermarks"]
