"""Make the filings that are missing under one profile; one case's fault keeps no other from being filed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from lakehouse.settings import Settings
from reports.errors import RulesBroken, SchemaRejected
from reports.filing import generate
from reports.outbox import Filing, list_filings


@dataclass
class CaseFilings:
    """Filings made by this run, those the outbox had, and by case_id what keeps a case from being filed."""

    made: list[Filing] = field(default_factory=list)
    there: list[Filing] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)


def file_cases(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: str,
    pin: int,
    progress: Callable[[str], None],
) -> CaseFilings:
    """The filings of every case approved at ``pin`` under ``profile``.

    A refusal by the rule book or the schema is kept and told; any other error ends the run.
    """
    there = {filing.case_id: filing for filing in list_filings(settings.home) if filing.profile == profile}
    done = CaseFilings()
    for case_id in approved_cases(connection, pin):
        if case_id in there:
            done.there.append(there[case_id])
            continue
        try:
            done.made.append(generate(connection, settings, case_id, profile, pin=pin))
        except (RulesBroken, SchemaRejected) as refusal:
            done.refused[case_id] = broken(refusal)
            progress(
                f"{profile}: case {case_id} is refused ({', '.join(done.refused[case_id])}); "
                f"'vigil file preview {case_id} --profile {profile}' shows it whole"
            )
        else:
            progress(f"{profile}: {done.made[-1].filing_ref} for case {case_id}")
    return done


def broken(refusal: RulesBroken | SchemaRejected) -> list[str]:
    """Why a case is refused, as logs and pages may tell it: rule and field, never the value, which is a person's."""
    if isinstance(refusal, SchemaRejected):
        return [f"regulator's schema ({len(refusal.faults)} faults)"]
    return [f"{each.rule} {each.field}" for each in refusal.violations if each.severity == "error"]


def approved_cases(connection: duckdb.DuckDBPyConnection, pin: int) -> list[str]:
    """The cases to be filed at ``pin``, sorted."""
    rows = connection.execute(
        "select case_id from lake.rpt.rpt_str_case at (version => $pin) order by case_id", {"pin": pin}
    ).fetchall()
    return [case_id for (case_id,) in rows]
