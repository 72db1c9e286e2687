"""The placebo: the same data with the labelled transfers taken out and the labels kept.

What still scores there does so without any laundering to find: it is bias of the data set, not detection.
"""

from __future__ import annotations

from collections.abc import Callable

import contracts
from detection.ranking import Periods
from detection.scored import Scored, scored
from detection.truth import Truth
from lakehouse import snapshots
from lakehouse.attach import attach_statement, connect
from lakehouse.build import dbt
from lakehouse.schema import prepare
from lakehouse.scratch import scratch_lake
from lakehouse.settings import Settings

# The scenarios, all they read, and the seed of their names; tests prove the SQL elsewhere.
BUILD = ("build", "--select", "+alert_features", "scenarios", "--exclude-resource-types", "test", "unit_test")
# What bears no label stays, whatever it is.
WITHOUT_LABELLED = (
    "anti join (select end_to_end_id from transaction_labels where is_laundering) as labelled using (end_to_end_id)"
)


def placebo(settings: Settings, truth: Truth, found: Periods, pin: int, progress: Callable[[str], None]) -> Scored:
    """The same scores on the lake's landing at ``pin`` less the labelled transfers, in a lake made for it."""
    with scratch_lake(settings, "placebo") as scratch:
        with connect(scratch) as connection:
            prepare(connection, contracts.load().values())
            progress("placebo: copying the events without the labelled transfers")
            connection.execute(attach_statement(settings, read_only=True, alias="origin"))
            connection.register("transaction_labels", truth.transactions)
            for contract in contracts.load().values():
                # The version is a snapshot id of our own; AT takes no bound value.
                origin = f"origin.landing.{contract.table} at (version => {int(pin)})"
                less = WITHOUT_LABELLED if contract.topic == "bank.transactions" else ""
                connection.execute(
                    f"insert into lake.landing.{contract.table} by name select * from {origin} {less}"  # noqa: S608
                )
            copied = snapshots.latest(connection)
        progress("placebo: building its marts")
        target = settings.home / "dbt" / "placebo"
        dbt(scratch, copied, target.resolve(), *BUILD)
        with connect(scratch, read_only=True) as connection:
            return scored(connection, truth, found)
