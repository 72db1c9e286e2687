"""Make the filings that are missing under one profile; what keeps one from being made keeps no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from lakehouse.settings import Settings
from reports import profile as profiles
from reports.errors import RulesBroken, SchemaRejected
from reports.filing import generate
from reports.outbox import Filing, list_filings

About = str | date


@dataclass
class Filings:
    """Filings made by this run, those the outbox had, and by case or business day what keeps it from being filed."""

    made: list[Filing] = field(default_factory=list)
    there: list[Filing] = field(default_factory=list)
    refused: dict[About, list[str]] = field(default_factory=dict)


def file_due(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: str,
    pin: int,
    progress: Callable[[str], None],
) -> Filings:
    """The filings under ``profile`` of everything that is due at ``pin``.

    A refusal by the rule book or the schema is kept and told; any other error ends the run.
    """
    there = {filing.about: filing for filing in list_filings(settings.home) if filing.profile == profile}
    done = Filings()
    for about in due(connection, profile, pin):
        if about in there:
            done.there.append(there[about])
            continue
        try:
            done.made.append(generate(connection, settings, about, profile, pin=pin))
        except (RulesBroken, SchemaRejected) as refusal:
            done.refused[about] = broken(refusal)
            named = f"--day {about}" if isinstance(about, date) else about
            progress(
                f"{profile}: {about} is refused ({', '.join(done.refused[about])}); "
                f"'vigil file preview {named} --profile {profile}' shows it whole"
            )
        else:
            progress(f"{profile}: {done.made[-1].filing_ref} for {about}")
    return done


def broken(refusal: RulesBroken | SchemaRejected) -> list[str]:
    """Why a filing is refused, as logs and pages may tell it: rule and field, never the value, which is a person's."""
    if isinstance(refusal, SchemaRejected):
        return [f"regulator's schema ({len(refusal.faults)} faults)"]
    return [f"{each.rule} {each.field}" for each in refusal.violations if each.severity == "error"]


def due(connection: duckdb.DuckDBPyConnection, profile: str, pin: int) -> list[About]:
    """What is to be filed under ``profile`` at ``pin``, sorted: approved cases, or business days with cash to report
    that were over."""
    statement = {
        "case": "select case_id from lake.rpt.rpt_str_case at (version => $pin) order by case_id",
        "day": "select business_day from lake.rpt.rpt_ctr_day at (version => $pin) where is_complete "
        "order by business_day",
    }[profiles.load(profile).about]
    return [about for (about,) in connection.execute(statement, {"pin": pin}).fetchall()]


def outdated(connection: duckdb.DuckDBPyConnection, filings: Sequence[Filing], pin: int) -> dict[str, str]:
    """The days' filings whose cash is another at ``pin`` than was filed, by reference, with what it is now.

    What lands late is part of its business day, and what was filed of that is then to be amended.
    """
    now = {
        day: (reports, str(cash_in), str(cash_out))
        for day, reports, cash_in, cash_out in connection.execute(
            "select business_day, count(*), sum(cash_in)::decimal(18, 4), sum(cash_out)::decimal(18, 4) "
            "from lake.rpt.rpt_ctr at (version => $pin) group by all",
            {"pin": pin},
        ).fetchall()
    }
    none = (0, "0.0000", "0.0000")
    found = {}
    for filing in filings:
        if filing.business_day is None:
            continue
        told, reports = filing.manifest, now.get(filing.business_day, none)
        if (told["reports"], told["cash_in"], told["cash_out"]) != reports:
            found[filing.filing_ref] = f"{reports[0]} reports, {reports[1]} in, {reports[2]} out"
    return found
