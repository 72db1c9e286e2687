"""Read the rpt_ rows of a case, a business day or an exemption from the lake as it was at a pin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from lakehouse import snapshots
from reports.casefile import UTC, CaseFile, Row
from reports.dayfile import CashReport, DayFile
from reports.errors import CaseNotReportable, DayNotReportable, ExemptionNotReportable, ReportError
from reports.exemptfile import ExemptFile

_ORDER = {
    "rpt_str_case": "case_id",
    "rpt_str_alert": "detected_at, alert_id",
    "rpt_str_act": "act_number",
    "rpt_str_party": "is_subject desc, party_id",
    "rpt_str_account": "account_id",
    "rpt_str_transaction": "booked_at, transaction_id",
    "rpt_ctr": "report_id",
    "rpt_ctr_person": "report_id, person_number",
    "rpt_ctr_account": "account_id",
    "rpt_ctr_party": "party_id",
    "rpt_ctr_transaction": "report_id, booked_at, transaction_id",
}
_DAY = "business_day = $day"
ROWS_AT_ONCE = 1000


def read_case(connection: duckdb.DuckDBPyConnection, case_id: str, pin: int) -> CaseFile:
    """The case file of ``case_id`` at snapshot ``pin``; only schema ``rpt`` is read.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
        CaseNotReportable: no approved case of that id exists at the pin.
        ReportError: the case's jurisdiction has no reporting entity.
    """
    snapshots.require(connection, pin)
    found = case_file(connection, case_id, pin, lambda table: f"lake.rpt.{table} at (version => {int(pin)})")
    if found is None:
        raise CaseNotReportable(
            f"case {case_id!r} is not approved at snapshot {pin} (no row in rpt.rpt_str_case). "
            "It needs a disposition 'report' and the approval of another officer; then build again."
        )
    return found


def case_file(
    connection: duckdb.DuckDBPyConnection, case_id: str, pin: int, place: Callable[[str], str]
) -> CaseFile | None:
    """The case file of ``case_id`` from the rpt_ tables, each where ``place`` says; None if they have no such case."""
    cases = _rows(connection, "rpt_str_case", case_id, place)
    if len(cases) != 1:
        return None
    case = _labelled(cases[0], f"case {case_id}")
    parties = [_labelled(row, f"party {row['party_id']}") for row in _rows(connection, "rpt_str_party", case_id, place)]
    accounts = [
        _labelled(row, f"account {row['account_id']}") for row in _rows(connection, "rpt_str_account", case_id, place)
    ]
    return CaseFile(
        pin=pin,
        entity=_labelled(_entity(connection, case["jurisdiction"], pin), "reporting entity"),
        case=case,
        alerts=tuple(
            _labelled(row, f"alert {row['alert_id']}") for row in _rows(connection, "rpt_str_alert", case_id, place)
        ),
        acts=tuple(
            _labelled(row, f"act {row['decision_id']}") for row in _rows(connection, "rpt_str_act", case_id, place)
        ),
        parties={row["party_id"]: row for row in parties},
        accounts={row["account_id"]: row for row in accounts},
        transactions=tuple(
            _labelled(row, f"transaction {row['transaction_id']}")
            for row in _rows(connection, "rpt_str_transaction", case_id, place)
        ),
    )


def with_told(connection: duckdb.DuckDBPyConnection, file: CaseFile) -> CaseFile:
    """``file`` with the movements that the case had at the pins of its earlier filings.

    Raises:
        lakehouse.errors.SnapshotGone: such a pin is not in the lake any more.
    """
    earlier = [filing for filing in file.case["prior_filings"] or [] if filing["regulator_reference"] is not None]
    for filing in earlier:
        snapshots.require(connection, filing["pin"])
    return replace(
        file,
        known_then={
            filing["filing_ref"]: frozenset(
                row["transaction_id"]
                for row in fetch(
                    connection,
                    f"select transaction_id from lake.rpt.rpt_str_transaction at (version => {int(filing['pin'])}) "  # noqa: S608
                    "where case_id = ?",
                    [file.case_id],
                )
            )
            for filing in earlier
        },
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
    days = fetch(
        connection,
        f"select * from lake.rpt.rpt_ctr_day at (version => {int(pin)}) where business_day = ?",  # noqa: S608
        [business_day],
    )
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
    return DayFile(
        pin=pin,
        entity=entity,
        business_day=business_day,
        filed_on=built_at.astimezone(ZoneInfo(entity["time_zone"])).date(),
        reports=_Reports(connection, business_day, pin),
    )


def read_exemption(connection: duckdb.DuckDBPyConnection, designation_id: str, pin: int) -> ExemptFile:
    """The approved act ``designation_id`` on an exemption at snapshot ``pin``; only schema ``rpt`` is read.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
        ExemptionNotReportable: no such act was approved and is to be filed at the pin.
        ReportError: its jurisdiction has no reporting entity.
    """
    snapshots.require(connection, pin)
    found = fetch(
        connection,
        f"select * from lake.rpt.rpt_doep at (version => {int(pin)}) where designation_id = ?",  # noqa: S608
        [designation_id],
    )
    if not found:
        raise ExemptionNotReportable(
            f"act {designation_id!r} on an exemption is not to be filed at snapshot {pin} (no row in rpt.rpt_doep). "
            "It needs the approval of another officer, and a basis of which the regulator is told; then build again."
        )
    return ExemptFile(
        pin=pin,
        entity=_labelled(_entity(connection, found[0]["jurisdiction"], pin), "reporting entity"),
        designation=_labelled(found[0], f"act {designation_id}"),
    )


def day_digests(connection: duckdb.DuckDBPyConnection, pin: int) -> dict[date, str]:
    """By business day with cash to report a SHA-256 of its movements at snapshot ``pin``: which they are, in which
    report, of how much, on which account and for and by whom."""
    statement = f"""
        with told as (
            select
                business_day,
                concat_ws(
                    '|', report_id, transaction_id, direction, base_amount, instructed_amount, instructed_currency,
                    account_id, array_to_string(holder_party_ids, ' '), conductor_party_id, conductor_name
                ) as movement
            from lake.rpt.rpt_ctr_transaction at (version => {int(pin)})
        )

        select business_day, sha256(string_agg(movement, chr(10) order by movement)) from told group by business_day
    """  # noqa: S608
    return dict(connection.execute(statement).fetchall())


def read_day_filings(connection: duckdb.DuckDBPyConnection, business_day: date, pin: int) -> list[dict[str, Any]]:
    """The filings of a day's cash that a regulator has answered at snapshot ``pin``, of all profiles."""
    return fetch(
        connection,
        f"select * from lake.rpt.rpt_ctr_filing at (version => {int(pin)}) where business_day = ? order by filing_ref",  # noqa: S608
        [business_day],
    )


@dataclass(frozen=True)
class _Reports:
    """The reports of a day, read anew each time somebody goes over them."""

    connection: duckdb.DuckDBPyConnection
    business_day: date
    pin: int

    def __iter__(self) -> Iterator[CashReport]:
        of_day = f"report_id in (select report_id from {self._at('rpt_ctr')} where {_DAY})"  # noqa: S608
        persons, transactions = (
            groupby(self._rows(table, of_day), itemgetter("report_id"))
            for table in ("rpt_ctr_person", "rpt_ctr_transaction")
        )
        for row in self._rows("rpt_ctr", _DAY):
            # Somebody is involved in each report and something moved: the dbt test ctr_reports_agree.
            (of_persons, involved), (of_moved, moved) = next(persons), next(transactions)
            if not of_persons == of_moved == row["report_id"]:
                raise ReportError(
                    f"report {row['report_id']} of {self.business_day} has no person or no movement of its own at "
                    f"snapshot {self.pin}; build again, and look at the test ctr_reports_agree"
                )
            yield CashReport(
                _labelled(row, f"report {row['report_id']}"),
                tuple(_labelled(person, _named(person)) for person in involved),
                tuple(_labelled(movement, f"transaction {movement['transaction_id']}") for movement in moved),
            )

    def _at(self, table: str) -> str:
        return f"lake.rpt.{table} at (version => {int(self.pin)})"

    def _rows(self, table: str, condition: str) -> Iterator[dict[str, Any]]:
        # A cursor of its own, since the three tables are read side by side.
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"select * from {self._at(table)} where {condition} order by {_ORDER[table]}",  # noqa: S608
                {"day": self.business_day},
            )
            names = [column[0] for column in cursor.description or []]
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from (dict(zip(names, row, strict=True)) for row in rows)


def _named(person: Row) -> str:
    if person["party_id"] is not None:
        return f"party {person['party_id']}"
    return f"person {person['person_number']} of report {person['report_id']}"


def with_accounts(connection: duckdb.DuckDBPyConnection, file: DayFile) -> DayFile:
    """``file`` with the accounts of the day's cash and everybody who stands to them."""
    accounts, parties = (
        fetch(
            connection,
            f"select * from lake.rpt.{table} at (version => {int(file.pin)}) where business_day = ? "  # noqa: S608
            f"order by {_ORDER[table]}",
            [file.business_day],
        )
        for table in ("rpt_ctr_account", "rpt_ctr_party")
    )
    return replace(
        file,
        accounts={row["account_id"]: _labelled(row, f"account {row['account_id']}") for row in accounts},
        parties={row["party_id"]: _labelled(row, f"party {row['party_id']}") for row in parties},
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, case_id: str, place: Callable[[str], str]
) -> list[dict[str, Any]]:
    # AT takes no bound value; the pin is an integer and the table one of ours.
    return fetch(
        connection,
        f"select * from {place(table)} where case_id = ? order by {_ORDER[table]}",  # noqa: S608
        [case_id],
    )


def _entity(connection: duckdb.DuckDBPyConnection, jurisdiction: str, pin: int) -> dict[str, Any]:
    found = fetch(
        connection,
        f"select * from lake.rpt.rpt_reporting_entity at (version => {int(pin)}) where jurisdiction = ?",  # noqa: S608
        [jurisdiction],
    )
    if len(found) != 1:
        raise ReportError(
            f"jurisdiction {jurisdiction!r} has {len(found)} reporting entities at snapshot {pin}; "
            "give it one row in seeds/reporting_entity.csv and build again"
        )
    return found[0]


def fetch(
    connection: duckdb.DuckDBPyConnection, statement: str, values: list[Any] | dict[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a statement, by the names of their columns."""
    cursor = connection.execute(statement, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _labelled(row: Row, label: str) -> Row:
    return {**row, "_label": label}
