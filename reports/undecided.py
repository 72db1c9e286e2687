"""A case that is not approved yet as its filing would see it, so that its narrative can be drafted and edited before.

The rpt_ tables hold approved cases alone. Their own SQL is run for one case, as if it had been approved, into temporary
tables of the connection: what is drafted is what the filing will say of the same evidence.
"""

from __future__ import annotations

import re

import duckdb

from lakehouse import snapshots
from lakehouse.build import PROJECT
from reports.casefile import CaseFile
from reports.errors import CaseNotReportable
from reports.read import case_file

# Each after those that it reads.
_TABLES = ("rpt_str_case", "rpt_str_transaction", "rpt_str_account", "rpt_str_party", "rpt_str_alert", "rpt_str_act")
# All that these models have of dbt.
_REF = re.compile(r"\{\{ ref\('(?P<name>\w+)'\) \}\}")
_AS_IF_APPROVED = """
    create or replace temp table cases as
    select * replace (
        'approved' as status,
        'report' as disposition,
        coalesce(approved_at, disposed_at, last_alert_at) as approved_at
    )
    from lake.str.cases
    where case_id = $case_id
"""
_SCHEMAS = "select table_name, table_schema from information_schema.tables where table_catalog = 'lake'"


def read_undecided(connection: duckdb.DuckDBPyConnection, case_id: str) -> CaseFile:
    """The case file of ``case_id`` by the newest build, whatever was decided on it; approved_by is None until it was.

    Raises:
        lakehouse.errors.NotBuilt: no build has ended yet.
        CaseNotReportable: no build has made such a case.
        ReportError: the case's jurisdiction has no reporting entity.
    """
    pin = snapshots.built(connection)
    connection.execute(_AS_IF_APPROVED, {"case_id": case_id})
    schemas = dict(connection.execute(_SCHEMAS).fetchall())

    def relation(ref: re.Match[str]) -> str:
        name = ref["name"]
        return f"temp.{name}" if name in ("cases", *_TABLES) else f"lake.{schemas[name]}.{name}"

    for table in _TABLES:
        model = (PROJECT / "models" / "rpt" / f"{table}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace temp table {table} as {_REF.sub(relation, model)}")
    found = case_file(connection, case_id, pin, lambda table: f"temp.{table}")
    if found is None:
        raise CaseNotReportable(f"case {case_id!r} is not in the lake; 'vigil case list' shows those that are")
    return found
