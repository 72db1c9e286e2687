"""Registers of a period as workbooks: cash to report, and structuring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from lakehouse.settings import Settings
from reports import shelf, workbook
from reports.read import fetch
from reports.words import day
from reports.workbook import Column, Sheet

_PERSON = (
    Column("name", "Person", width=32),
    Column("party_id", "Party"),
    Column("party_type", "Kind", width=15),
    Column("tax_id", "Tax number", width=15),
)
_BOOKED = (
    Column("booked_at", "Booked", "time"),
    Column("business_day", "Business day", "day", width=14),
    Column("direction", "Direction", width=10),
)
_WHERE_AND_ORIGIN = (
    Column("conductor_name", "Conductor", width=32),
    Column("branch_id", "Branch", width=10),
    Column("place_town", "Town"),
    Column("transaction_id", "Movement", width=24),
    Column("_topic", "Topic", width=20),
    Column("_partition", "Partition", "count", width=10),
    Column("_offset", "Offset", "count"),
)


@dataclass(frozen=True)
class _Page:
    """A sheet and the statement of its rows, which takes $pin, $first and $last.

    ``once`` gives, by column, the totals of the movements behind the rows, each once: rows of several persons or alerts
    may share a movement.
    """

    name: str
    title: str
    statement: str
    columns: Callable[[str], Sequence[Column]]
    once: str


def ctr(
    connection: duckdb.DuckDBPyConnection, settings: Settings, first: date, last: date, pin: int | None = None
) -> shelf.Report:
    """Write the register of cash whose last business day lies from ``first`` to ``last``, to ``<home>/reports``.

    The same days and pin give the same bytes.

    Raises:
        lakehouse.errors.SnapshotGone, lakehouse.errors.NotBuilt, ReportError: see ``shelf.scope``.
        ReportError: a sheet would have more rows than a spreadsheet takes.
    """
    return _make("ctr", "Register of reportable cash", _CTR, connection, settings, first, last, pin)


def structuring(
    connection: duckdb.DuckDBPyConnection, settings: Settings, first: date, last: date, pin: int | None = None
) -> shelf.Report:
    """Write the alerts on split and unexplained cash detected from ``first`` to ``last``, to ``<home>/reports``.

    The same days and pin give the same bytes.

    Raises:
        As ``ctr``.
    """
    return _make("structuring", "Structuring", _STRUCTURING, connection, settings, first, last, pin)


def _make(
    kind: str,
    title: str,
    pages: Sequence[_Page],
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    first: date,
    last: date,
    pin: int | None,
) -> shelf.Report:
    scope = shelf.scope(connection, first, last, pin)
    over = "" if scope.as_of is None else ", a day that is not over"
    span = f"{scope.bank}, {day(first)} to {day(scope.last)}{over} ({scope.zone}), as snapshot {scope.pin} knows it"
    known = {"pin": scope.pin, "first": scope.first, "last": scope.last}
    sheets = []
    for page in pages:
        (once,) = fetch(connection, page.once, known)
        rows = fetch(connection, page.statement, known)
        sheets.append(Sheet(page.name, page.title, f"{span}. {_ONCE}", page.columns(scope.currency), rows, once))
    name = scope.named(f"{kind}-{first}-{last}")
    told = f"{title}, {first} to {last}{scope.proviso}"
    content = workbook.write(sheets, title=told, bank=scope.bank, created=scope.made_at)
    return shelf.put(settings.home, name, scope, {f"{name}.xlsx": content})


_ONCE = "Totals count each movement once, so they may be less than the rows add up to, and do not follow the filter."
_CTR_ONCE = """
    with told as (from lake.rpt.rpt_ctr_movement at (version => $pin)),

    register as (from lake.rpt.rpt_ctr_register at (version => $pin)),

    movements as (
        select told.transaction_id, max(told.base_amount) as amount
        from told
        inner join register on told.ctr_id = register.ctr_id
        where register.business_day between $first and $last
        group by all
    )

    select
        coalesce(sum(amount), 0)::decimal(38, 4) as cash_amount,
        coalesce(sum(amount), 0)::decimal(38, 4) as base_amount,
        count(*) as transaction_count
    from movements
"""
_STRUCTURING_ONCE = """
    with told as (from lake.rpt.rpt_structuring_movement at (version => $pin)),

    alerts as (from lake.rpt.rpt_structuring_alert at (version => $pin)),

    movements as (
        select told.transaction_id, max(told.base_amount) as amount
        from told
        inner join alerts on told.alert_id = alerts.alert_id
        where alerts.detected_at::date between $first and $last
        group by all
    )

    select
        coalesce(sum(amount), 0)::decimal(38, 4) as amount,
        coalesce(sum(amount), 0)::decimal(38, 4) as base_amount,
        count(*) as transaction_count,
        count(*) as movements
    from movements
"""

_CTR = (
    _Page(
        "Register",
        "Reportable cash, and what of it is exempt, one row a person, period and direction",
        """
        select *
        from lake.rpt.rpt_ctr_register at (version => $pin)
        where business_day between $first and $last
        order by business_day, name, party_id, direction, ctr_id
        """,
        lambda currency: (
            Column("business_day", "Business day", "day", width=14),
            *_PERSON,
            Column("residence_country", "Country", width=9),
            Column("direction", "In or out", width=10),
            Column("cash_amount", f"Cash ({currency})", "amount", total=True),
            Column("exempted_amount", f"Exempt ({currency})", "amount"),
            Column("reporting_threshold", f"Threshold ({currency})", "amount", width=18),
            Column("transaction_count", "Movements", "count", total=True),
            Column("first_business_day", "From", "day"),
            Column("account_numbers", "Accounts", width=26),
            Column("conductor_names", "Conductors", width=32),
            Column("branch_ids", "Branches", width=16),
            Column("report_id", "Told in report", width=34),
            Column("exemption_ids", "Left out by exemptions", width=26),
            Column("ctr_id", "Row", width=34),
        ),
        _CTR_ONCE,
    ),
    _Page(
        "Movements",
        "The movements behind the register; cash counts for whom it is for and for who brings it",
        """
        with movements as (from lake.rpt.rpt_ctr_movement at (version => $pin)),

        register as (from lake.rpt.rpt_ctr_register at (version => $pin))

        select movements.*, register.name
        from movements
        inner join register on movements.ctr_id = register.ctr_id
        where register.business_day between $first and $last
        order by register.business_day, register.name, movements.ctr_id, movements.booked_at, movements.transaction_id
        """,
        lambda currency: (
            Column("ctr_id", "Row of the register", width=34),
            Column("name", "Person", width=32),
            Column("person_role", "Counts as", width=12),
            *_BOOKED,
            Column("base_amount", f"Cash ({currency})", "amount", total=True),
            Column("instructed_amount", "Instructed", "amount"),
            Column("instructed_currency", "Currency", width=10),
            Column("account_number", "Account"),
            *_WHERE_AND_ORIGIN,
        ),
        _CTR_ONCE,
    ),
)

_STRUCTURING = (
    _Page(
        "Alerts",
        "Alerts on split and unexplained cash, one row an alert",
        """
        select *
        from lake.rpt.rpt_structuring_alert at (version => $pin)
        where detected_at::date between $first and $last
        order by detected_at, alert_id
        """,
        lambda currency: (
            Column("detected_at", "Detected", "time"),
            Column("scenario_name", "Scenario", width=32),
            *_PERSON,
            Column("segment", "Segment"),
            Column("amount", f"Cash ({currency})", "amount", total=True),
            Column("reporting_threshold", f"Threshold ({currency})", "amount", width=18),
            Column("transaction_count", "Movements", "count", total=True),
            Column("window_start", "First movement", "time"),
            Column("status", "Case is", width=12),
            Column("disposition", "Decision", width=12),
            Column("reason", "Why it fired", width=70),
            Column("case_id", "Case", width=34),
            Column("alert_id", "Alert", width=34),
        ),
        _STRUCTURING_ONCE,
    ),
    _Page(
        "Movements",
        "The cash movements in evidence, one row an alert and movement",
        """
        with movements as (from lake.rpt.rpt_structuring_movement at (version => $pin)),

        alerts as (from lake.rpt.rpt_structuring_alert at (version => $pin))

        select movements.*, alerts.name, alerts.scenario_name
        from movements
        inner join alerts on movements.alert_id = alerts.alert_id
        where alerts.detected_at::date between $first and $last
        order by alerts.detected_at, movements.alert_id, movements.booked_at, movements.transaction_id
        """,
        lambda currency: (
            Column("alert_id", "Alert", width=34),
            Column("scenario_name", "Scenario", width=32),
            Column("name", "Person", width=32),
            *_BOOKED,
            Column("base_amount", f"Cash ({currency})", "amount", total=True),
            Column("below_threshold", f"Below the threshold by ({currency})", "amount", width=24),
            Column("account_number", "Account"),
            Column("person_role", "Counts as", width=12),
            *_WHERE_AND_ORIGIN,
        ),
        _STRUCTURING_ONCE,
    ),
    _Page(
        "Persons",
        "Persons by cash in evidence, each movement once",
        """
        with alerts as (
            from lake.rpt.rpt_structuring_alert at (version => $pin)
            where detected_at::date between $first and $last
        ),

        evidence as (from lake.rpt.rpt_structuring_movement at (version => $pin)),

        movements as (
            select distinct
                evidence.party_id, alerts.name, evidence.transaction_id, evidence.branch_id,
                evidence.conductor_name, evidence.business_day, evidence.base_amount
            from evidence
            inner join alerts on evidence.alert_id = alerts.alert_id
        )

        select
            party_id,
            max(name) as name,
            count(*) as movements,
            count(distinct business_day) as days,
            count(distinct branch_id) as branches,
            count(distinct conductor_name) as conductors,
            sum(base_amount)::decimal(38, 4) as amount
        from movements
        group by party_id
        order by amount desc, party_id
        """,
        lambda currency: (
            Column("name", "Person", width=32),
            Column("party_id", "Party"),
            Column("amount", f"Cash ({currency})", "amount", total=True),
            Column("movements", "Movements", "count", total=True),
            Column("days", "Days", "count"),
            Column("branches", "Branches", "count"),
            Column("conductors", "Conductors", "count"),
        ),
        _STRUCTURING_ONCE,
    ),
)
