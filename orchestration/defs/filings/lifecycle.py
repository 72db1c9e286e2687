"""The first step in a filing's life, 'generated', as an event on its topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from cases.events import send
from contracts.filings import TOPIC, step
from lakehouse.settings import Settings
from reports.outbox import Filing
from sinks import configured, connection_settings
from sinks.broker import named_servers


def announce(connection: duckdb.DuckDBPyConnection, settings: Settings, filings: Sequence[Filing], at: datetime) -> int:
    """Put 'generated' on the topic for those of ``filings`` whose step has not landed yet; returns how many.

    Asked again before the step has landed, it sends the same ``event_id`` again, which staging keeps once.

    Raises:
        SinkMisconfigured: the settings are wrong, or name no broker.
        EventNotRecorded: the broker did not take one; the filing is in the outbox, and the next run announces it.
    """
    landed = {
        event_id
        for (event_id,) in connection.execute("select event_id from lake.landing.compliance_filings").fetchall()
    }
    waiting = [event for event in (_generated(filing, at) for filing in filings) if event["event_id"] not in landed]
    if not waiting:
        return 0
    client = connection_settings(configured(settings).kafka)
    return len(send(named_servers(settings), TOPIC, waiting, client))


def _generated(filing: Filing, at: datetime) -> dict[str, Any]:
    retained = filing.manifest.get("retention")
    return step(
        filing.filing_ref,
        filing.profile,
        "generated",
        filing.sha256,
        at,
        case_id=filing.case_id,
        business_day=filing.business_day,
        designation_id=filing.designation_id,
        pin=filing.pin,
        corrects=filing.manifest.get("corrects"),
        retain_until=date.fromisoformat(retained["until"]) if retained else None,
    )
