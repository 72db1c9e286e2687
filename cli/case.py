"""vigil case: cases, and officers' acts on them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from cases.decisions import record
from cli.console import AsJson, answer, print_json, print_rows, say
from cli.environment import client, lake
from cli.query import rows
from contracts.decisions import decision
from lakehouse.attach import connect
from lakehouse.errors import LakeError

app = typer.Typer(help="List cases and record officers' acts on them.", no_args_is_help=True)

Case = Annotated[str, typer.Argument(help="The case's identifier.")]
Officer = Annotated[str, typer.Option(help="Identifier of the officer who acts.")]
Reason = Annotated[str, typer.Option(help="Why, in words.")]

_CASES = """
    select
        case_id, status, score, points, subject_type, subject_id, opened_at, amount, base_currency, transaction_count,
        scenarios, disposition, disposed_by, approved_by, suppressed_alerts
    from lake.str.cases
    where $status is null or status = $status
    order by score desc nulls last, points desc, amount desc, case_id
    limit $limit
"""
_CASE = "select * from lake.str.cases where case_id = $case_id"
# The statuses of a case that an act fits; a review fits only what is disposed.
_ALLOWED = {"disposed": ("candidate", "open", "rejected"), "opened": ("disposed", "approved", "rejected")}
_MAXIMUM_DAYS = """
    select max(value)::integer as days
    from lake.intermediate.int_scenario_parameters
    where
        scenario_id = 'suppression'
        and parameter = 'maximum_days'
        and $day between first_day and coalesce(last_day, date '9999-12-31')
"""


class CaseUnknown(LakeError):
    """No such case was built."""


class ActRefused(LakeError):
    """The act is not allowed on the case as it stands."""


class Disposition(StrEnum):
    """Outcomes of an investigation."""

    report = "report"
    no_report = "no_report"
    refer = "refer"


@app.command("list")
def list_cases(
    status: Annotated[
        str | None, typer.Option(help="Only those that are candidate, open, disposed, approved or rejected.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, those that the learned priority scores highest first, or those with the most points without one."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _CASES, {"status": status, "limit": limit})
    answer(found, as_json=as_json, title="cases")


@app.command()
def show(case_id: Case, as_json: AsJson = False) -> None:
    """Show one case with all its fields."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = _case(connection, case_id)
    if as_json:
        print_json(found)
    else:
        print_rows(({"field": name, "value": value} for name, value in found.items()), title=case_id)


@app.command()
def decide(
    case_id: Case,
    officer: Officer,
    disposition: Annotated[Disposition, typer.Option(help="The outcome.")],
    reason: Reason,
    narrative: Annotated[
        str | None, typer.Option(help="Text for the filing; drafted from the facts if absent.")
    ] = None,
    suppress_until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="With no_report, once approved: up to that day alerts of the same scenarios open no case.",
        ),
    ] = None,
    suppress_scenario: Annotated[
        list[str] | None, typer.Option(help="Suppress only this one of the case's scenarios; may be given again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Dispose of a case: report it, close it without a report, or refer it."""
    more: dict[str, Any] = {"disposition": disposition.value, "reason": reason, "narrative": narrative}
    if suppress_until:
        if disposition is not Disposition.no_report:
            raise ActRefused(
                f"only a case disposed of with no_report suppresses alerts, not one with {disposition.value}"
            )
        more["suppress_until"] = suppress_until.date()
        more["suppress_scenarios"] = [{"scenario_id": name} for name in suppress_scenario or []]
    elif suppress_scenario:
        raise ActRefused("--suppress-scenario needs --suppress-until, the last day of the suppression")
    _record(case_id, "disposed", officer, "investigator", more, as_json=as_json)


@app.command()
def approve(case_id: Case, officer: Officer, reason: Reason, as_json: AsJson = False) -> None:
    """Approve a disposition; not by the officer who made it."""
    _record(case_id, "approved", officer, "mlro", {"reason": reason}, as_json=as_json)


@app.command()
def reject(case_id: Case, officer: Officer, reason: Reason, as_json: AsJson = False) -> None:
    """Reject a disposition; the case goes back to its investigator."""
    _record(case_id, "rejected", officer, "mlro", {"reason": reason}, as_json=as_json)


@app.command()
def reopen(case_id: Case, officer: Officer, reason: Reason, as_json: AsJson = False) -> None:
    """Take a disposition back, approved or not, and with it what it suppresses from now on."""
    _record(case_id, "opened", officer, "investigator", {"reason": reason}, as_json=as_json)


def _record(case_id: str, act: str, officer: str, role: str, more: dict[str, Any], *, as_json: bool) -> None:
    with lake() as settings:
        assert settings.kafka_bootstrap_servers is not None
        with connect(settings, read_only=True) as connection:
            found = _case(connection, case_id)
            _require(found, act, officer)
            now = datetime.now(UTC)
            if "suppress_until" in more:
                more = more | _suppression(connection, found, now.date(), more)
        event = decision(case_id, act, officer, role, now, **more)
        partition, offset = record(settings.kafka_bootstrap_servers, event, client(settings))
    if as_json:
        print_json(event | {"partition": partition, "offset": offset})
    else:
        say(f"{act}: {event['decision_id']} at compliance.decisions[{partition}]@{offset}")
        say("It counts from the next 'vigil build', which lands it first.")


def _require(case: dict[str, Any], act: str, officer: str) -> None:
    """Refuse an act that the case's state, or the four-eyes rule, does not allow."""
    allowed = _ALLOWED.get(act, ("disposed",))
    if case["status"] not in allowed:
        raise ActRefused(
            f"case {case['case_id']} is {case['status']}; it can be {act} only while {' or '.join(allowed)}"
        )
    if act in ("approved", "rejected") and case["disposed_by"] == officer:
        raise ActRefused(f"{officer} disposed of case {case['case_id']}; another officer must approve or reject it")


def _suppression(connection: Any, case: dict[str, Any], today: date, asked: dict[str, Any]) -> dict[str, Any]:
    """The event's suppression, of all the case's scenarios if none was named; refused outside what is allowed."""
    ((days,),) = (row.values() for row in rows(connection, _MAXIMUM_DAYS, {"day": today}))
    if days is None:
        raise ActRefused("the lake has no parameters of suppression: run 'vigil build --full-refresh' first")
    until, last = asked["suppress_until"], today + timedelta(days=days)
    if not today <= until <= last:
        raise ActRefused(
            f"alerts cannot be suppressed until {until}: give a day from {today} to {last} (the institution's maximum "
            f"is {days} days, suppression / maximum_days in seeds/scenario_parameters.csv)"
        )
    named = [each["scenario_id"] for each in asked["suppress_scenarios"]] or list(case["scenarios"])
    if foreign := sorted(set(named) - set(case["scenarios"])):
        raise ActRefused(
            f"case {case['case_id']} has no alert of {', '.join(foreign)}; "
            f"it can suppress {', '.join(case['scenarios'])}"
        )
    return {"suppress_scenarios": [{"scenario_id": name} for name in sorted(set(named))]}


def _case(connection: Any, case_id: str) -> dict[str, Any]:
    found = rows(connection, _CASE, {"case_id": case_id})
    if not found:
        raise CaseUnknown(f"case {case_id!r} is not in the lake; 'vigil case list' shows those that are")
    return found[0]
