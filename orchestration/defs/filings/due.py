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
from reports.outbox import Filing
from reports.read import day_digests

About = str | date

_PROFILES = "select * from lake.rpt.rpt_filing_profile at (version => $pin) where profile = $profile"
_DUE = {
    "case": f"""
        with profiles as ({_PROFILES} and about = 'case'),
        cases as (from lake.rpt.rpt_str_case at (version => $pin))
        select case_id
        from cases
        where $chosen or exists (
            select 1
            from profiles
            where
                timezone(profiles.time_zone, timezone('UTC', cases.determination_at))::date
                between profiles.first_day and profiles.last_day
                and if(cases.transaction_count > 0, profiles.with_movements, profiles.without_movements)
        )
        order by case_id
    """,  # noqa: S608
    "day": f"""
        with profiles as ({_PROFILES} and about = 'day'),
        days as (from lake.rpt.rpt_ctr_day at (version => $pin) where is_complete)
        select business_day
        from days
        where $chosen or exists (
            select 1
            from profiles
            where days.business_day between profiles.first_day and profiles.last_day
        )
        order by business_day
    """,  # noqa: S608
    "exemption": f"""
        with profiles as ({_PROFILES} and about = 'exemption'),
        designations as (from lake.rpt.rpt_doep at (version => $pin))
        select designation_id
        from designations
        where $chosen or exists (
            select 1
            from profiles
            where designations.effective_on between profiles.first_day and profiles.last_day
        )
        order by designation_id
    """,  # noqa: S608
}


@dataclass
class Filings:
    """Filings made by this run, those the outbox had, and by what they are about what keeps it from being filed."""

    made: list[Filing] = field(default_factory=list)
    there: list[Filing] = field(default_factory=list)
    refused: dict[About, list[str]] = field(default_factory=dict)


def file_due(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: str,
    pin: int,
    held: Sequence[Filing],
    progress: Callable[[str], None],
) -> Filings:
    """The filings under ``profile`` of everything that is due at ``pin``; ``held`` are those of the outbox.

    A refusal by the rule book or the schema is kept and told; any other error ends the run.
    """
    there = {filing.about: filing for filing in held if filing.profile == profile}
    done = Filings()
    for about in due(connection, settings, profile, pin):
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


def due(connection: duckdb.DuckDBPyConnection, settings: Settings, profile: str, pin: int) -> list[About]:
    """What is to be filed under ``profile`` at ``pin``, sorted: approved cases, business days with cash to report
    that were over, or approved acts on exemptions; of each those for which the law asks for it, or all where
    ``VIGIL_FILE_UNDER`` names it."""
    asked = {"pin": pin, "profile": profile, "chosen": settings.files(profile)}
    rows = connection.execute(_DUE[profiles.load(profile).about], asked).fetchall()
    return [about for (about,) in rows]


def outdated(connection: duckdb.DuckDBPyConnection, filings: Sequence[Filing], pin: int) -> dict[str, str]:
    """The days' filings whose cash is another at ``pin`` than was filed, by reference, with what it is now.

    What lands late is part of its business day, and what was filed of that is then to be amended. A filing that another
    corrects is not looked at.
    """
    digests = day_digests(connection, pin)
    now = {
        day: f"{reports} reports, {cash_in} in, {cash_out} out"
        for day, reports, cash_in, cash_out in connection.execute(
            "select business_day, count(*), sum(cash_in)::decimal(18, 4), sum(cash_out)::decimal(18, 4) "
            "from lake.rpt.rpt_ctr at (version => $pin) group by all",
            {"pin": pin},
        ).fetchall()
    }
    told = {filing.filing_ref: filing.manifest for filing in filings if filing.business_day is not None}
    corrected = {manifest.get("corrects") for manifest in told.values()}
    return {
        filing.filing_ref: now.get(filing.business_day, "0 reports")
        for filing in filings
        if filing.business_day is not None
        and filing.filing_ref not in corrected
        and told[filing.filing_ref].get("day_sha256") != digests.get(filing.business_day)
    }
