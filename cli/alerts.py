"""vigil alerts: what the scenarios raised, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import AsJson, answer
from cli.environment import lake
from cli.query import rows
from lakehouse.attach import connect

_ALERTS = """
    select
        alert_id, scenario_id, subject_type, subject_id, window_start, detected_at,
        amount, base_currency, transaction_count, reason, suppressed_by, suppressed_until
    from lake.aml.alerts
    where
        withdrawn_pin is null
        and ($scenario is null or scenario_id = $scenario)
        and (not $suppressed or suppressed_by is not null)
    order by detected_at desc, alert_id
    limit $limit
"""


def alerts(
    scenario: Annotated[str | None, typer.Option(help="Only this scenario's.")] = None,
    suppressed: Annotated[
        bool, typer.Option("--suppressed", help="Only those that a decision keeps from opening a case.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the alerts that stand, newest first."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _ALERTS, {"scenario": scenario, "suppressed": suppressed, "limit": limit})
    answer(found, as_json=as_json, title="alerts")
