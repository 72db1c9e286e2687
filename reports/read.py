"""Read one case's rpt_ rows from the lake as it was at a pin."""

from __future__ import annotations

from typing import Any

import duckdb

from lakehouse import snapshots
from reports.casefile import CaseFile, Row
from reports.errors import CaseNotReportable, ReportError

_ORDER = {
    "rpt_str_case": "case_id",
    "rpt_str_alert": "detected_at, alert_id",
    "rpt_str_act": "act_number",
    "rpt_str_party": "is_subject desc, party_id",
    "rpt_str_account": "account_id",
    "rpt_str_transaction": "booked_at, transaction_id",
}


def read_case(connection: duckdb.DuckDBPyConnection, case_id: str, pin: int) -> CaseFile:
    """The case file of ``case_id`` at snapshot ``pin``; only schema ``rpt`` is read.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
        CaseNotReportable: no approved case of that id exists at the pin.
        ReportError: the case's jurisdiction has no reporting entity.
    """
    snapshots.require(connection, pin)
    cases = _rows(connection, "rpt_str_case", case_id, pin)
    if len(cases) != 1:
        raise CaseNotReportable(
            f"case {case_id!r} is not approved at snapshot {pin} ({len(cases)} rows in rpt.rpt_str_case). "
            "It needs a disposition 'report' and the approval of another officer; then build again."
        )
    case = _labelled(cases[0], f"case {case_id}")
    parties = [_labelled(row, f"party {row['party_id']}") for row in _rows(connection, "rpt_str_party", case_id, pin)]
    accounts = [
        _labelled(row, f"account {row['account_id']}") for row in _rows(connection, "rpt_str_account", case_id, pin)
    ]
    return CaseFile(
        pin=pin,
        entity=_labelled(_entity(connection, case["jurisdiction"], pin), "reporting entity"),
        case=case,
        alerts=tuple(
            _labelled(row, f"alert {row['alert_id']}") for row in _rows(connection, "rpt_str_alert", case_id, pin)
        ),
        acts=tuple(
            _labelled(row, f"act {row['decision_id']}") for row in _rows(connection, "rpt_str_act", case_id, pin)
        ),
        parties={row["party_id"]: row for row in parties},
        accounts={row["account_id"]: row for row in accounts},
        transactions=tuple(
            _labelled(row, f"transaction {row['transaction_id']}")
            for row in _rows(connection, "rpt_str_transaction", case_id, pin)
        ),
    )


def _rows(connection: duckdb.DuckDBPyConnection, table: str, case_id: str, pin: int) -> list[dict[str, Any]]:
    # AT takes no bound value; the pin is an integer and the table one of ours.
    return _fetch(
        connection,
        f"select * from lake.rpt.{table} at (version => {int(pin)}) where case_id = ? order by {_ORDER[table]}",  # noqa: S608
        case_id,
    )


def _entity(connection: duckdb.DuckDBPyConnection, jurisdiction: str, pin: int) -> dict[str, Any]:
    found = _fetch(
        connection,
        f"select * from lake.rpt.rpt_reporting_entity at (version => {int(pin)}) where jurisdiction = ?",  # noqa: S608
        jurisdiction,
    )
    if len(found) != 1:
        raise ReportError(
            f"jurisdiction {jurisdiction!r} has {len(found)} reporting entities at snapshot {pin}; "
            "give it one row in seeds/reporting_entity.csv and build again"
        )
    return found[0]


def _fetch(connection: duckdb.DuckDBPyConnection, statement: str, value: str) -> list[dict[str, Any]]:
    cursor = connection.execute(statement, [value])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _labelled(row: Row, label: str) -> Row:
    return {**row, "_label": label}
