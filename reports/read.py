"""Read the rpt_ rows of a case, or of a business day, from the lake as it was at a pin."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from lakehouse import snapshots
from reports.casefile import UTC, CaseFile, Row
from reports.dayfile import CashReport, DayFile
from reports.errors import CaseNotReportable, DayNotReportable, ReportError

_ORDER = {
    "rpt_str_case": "case_id",
    "rpt_str_alert": "detected_at, alert_id",
    "rpt_str_act": "act_number",
    "rpt_str_party": "is_subject desc, party_id",
    "rpt_str_account": "account_id",
    "rpt_str_transaction": "booked_at, transaction_id",
    "rpt_ctr_day": "business_day",
    "rpt_ctr": "report_id",
    "rpt_ctr_person": "report_id, person_number",
    "rpt_ctr_transaction": "booked_at, transaction_id",
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


def read_day(connection: duckdb.DuckDBPyConnection, business_day: date, pin: int) -> DayFile:
    """The cash of ``business_day`` at snapshot ``pin``; of the schemas of models only ``rpt`` is read.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
        lakehouse.errors.NotBuilt: no build ended at the pin, so the filing has no date.
        DayNotReportable: no cash of that day is to be reported, or the day was not over at the pin.
        ReportError: the day's jurisdiction has no reporting entity.
    """
    snapshots.require(connection, pin)
    days = _of_day(connection, "rpt_ctr_day", business_day, pin)
    if not days:
        raise DayNotReportable(
            f"business day {business_day} has no cash to report at snapshot {pin}; "
            "'vigil sql' on rpt.rpt_ctr_day lists the days that have"
        )
    if not days[0]["is_complete"]:
        raise DayNotReportable(
            f"business day {business_day} is not over at snapshot {pin}: it ends at {days[0]['ends_at']} UTC, and the "
            f"newest movement that landed is of {days[0]['known_until']}. Land what came since, build, and ask again."
        )
    entity = _labelled(_entity(connection, days[0]["jurisdiction"], pin), "reporting entity")
    built_at = snapshots.built_at(connection, pin).replace(tzinfo=UTC)
    reports = _of_day(connection, "rpt_ctr", business_day, pin)
    persons, transactions = (
        _by_report(_of_reports(connection, table, business_day, pin))
        for table in ("rpt_ctr_person", "rpt_ctr_transaction")
    )
    return DayFile(
        pin=pin,
        entity=entity,
        business_day=business_day,
        filed_on=built_at.astimezone(ZoneInfo(entity["time_zone"])).date(),
        reports=tuple(
            CashReport(
                _labelled(row, f"report {row['report_id']}"),
                tuple(
                    _labelled(person, f"party {person['party_id']}" if person["party_id"] else _unnamed(person))
                    for person in persons[row["report_id"]]
                ),
                tuple(
                    _labelled(moved, f"transaction {moved['transaction_id']}")
                    for moved in transactions[row["report_id"]]
                ),
            )
            for row in reports
        ),
    )


def _unnamed(person: Row) -> str:
    return f"report {person['report_id']}: person {person['person_number']}"


def _by_report(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["report_id"]].append(row)
    return found


def _of_day(connection: duckdb.DuckDBPyConnection, table: str, business_day: date, pin: int) -> list[dict[str, Any]]:
    return _fetch(
        connection,
        f"select * from lake.rpt.{table} at (version => {int(pin)}) where business_day = ? order by {_ORDER[table]}",  # noqa: S608
        business_day,
    )


def _of_reports(
    connection: duckdb.DuckDBPyConnection, table: str, business_day: date, pin: int
) -> list[dict[str, Any]]:
    return _fetch(
        connection,
        f"""
        select * from lake.rpt.{table} at (version => {int(pin)})
        where report_id in (select report_id from lake.rpt.rpt_ctr at (version => {int(pin)}) where business_day = ?)
        order by {_ORDER[table]}
        """,  # noqa: S608
        business_day,
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


def _fetch(connection: duckdb.DuckDBPyConnection, statement: str, value: str | date) -> list[dict[str, Any]]:
    cursor = connection.execute(statement, [value])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _labelled(row: Row, label: str) -> Row:
    return {**row, "_label": label}
