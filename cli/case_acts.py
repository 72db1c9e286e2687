"""What officers do on a case: events of the decisions topic, refused beforehand where dbt would see a violation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import duckdb
import typer

from cases.conduct import Conduct, Standing, movements_in_evidence
from cases.decisions import record
from cases.errors import ActRefused
from cases.unbuilt import unbuilt
from cli.case import Case, find
from cli.console import AsJson, tell_event
from cli.environment import client, lake
from cli.query import rows
from contracts.decisions import TOPIC, decision
from lakehouse.attach import connect

Officer = Annotated[str, typer.Option(help="Identifier of the officer who acts.")]
Reason = Annotated[str, typer.Option(help="Why, in words.")]

_MAXIMUM_DAYS = """
    select max(value)::integer as days
    from lake.intermediate.int_scenario_parameters
    where
        scenario_id = 'suppression'
        and parameter = 'maximum_days'
        and $day between first_day and coalesce(last_day, date '9999-12-31')
"""
_VIOLATION = """
    select officer_id, rule, detail
    from lake.str.case_violations
    where case_id = $case_id and decision_id = $decision_id and raises_alarm
"""


class Disposition(StrEnum):
    """Outcomes of an investigation."""

    report = "report"
    no_report = "no_report"
    refer = "refer"


class Role(StrEnum):
    """In which role an officer acts."""

    analyst = "analyst"
    investigator = "investigator"
    mlro = "mlro"


AsRole = Annotated[Role, typer.Option(help="In which role the officer acts.")]


def assign(
    case_id: Case,
    officer: Officer,
    to: Annotated[str, typer.Option(help="Identifier of the officer who is to work on it.")],
    reason: Annotated[str | None, typer.Option(help="Why, in words.")] = None,
    role: AsRole = Role.analyst,
    as_json: AsJson = False,
) -> None:
    """Assign a case to an officer."""
    act_on(case_id, "assigned", officer, role, {"assigned_to": to, "reason": reason}, as_json=as_json)


def note(
    case_id: Case, officer: Officer, reason: Reason, role: AsRole = Role.investigator, as_json: AsJson = False
) -> None:
    """Put a remark on a case; it changes nothing."""
    act_on(case_id, "noted", officer, role, {"reason": reason}, as_json=as_json)


def evidence(
    case_id: Case,
    officer: Officer,
    reason: Reason,
    add: Annotated[list[str] | None, typer.Option(help="A movement to put into evidence; may be given again.")] = None,
    strike: Annotated[
        list[str] | None, typer.Option(help="A movement to take out of evidence; may be given again.")
    ] = None,
    role: AsRole = Role.investigator,
    as_json: AsJson = False,
) -> None:
    """Put movements into the evidence of a case, or take some out; amount and filing follow."""
    if bool(add) == bool(strike):
        raise ActRefused("say either what to --add or what to --strike: each is an act of its own, with its reason")
    moved = [{"transaction_id": each} for each in dict.fromkeys(add or strike or [])]
    more = {"transactions": moved, "reason": reason}
    act_on(case_id, "evidence_added" if add else "evidence_struck", officer, role, more, as_json=as_json)


def decide(
    case_id: Case,
    officer: Officer,
    disposition: Annotated[Disposition, typer.Option(help="The outcome.")],
    reason: Reason,
    refer_to: Annotated[str | None, typer.Option(help="With refer: who takes the matter over.")] = None,
    joint_with: Annotated[
        list[str] | None,
        typer.Option(
            help="With report: another institution that files it too, as 'NAME: CONTACT'; may be given again."
        ),
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
    role: AsRole = Role.investigator,
    as_json: AsJson = False,
) -> None:
    """Dispose of a case: report it, close it without a report, or refer it."""
    more: dict[str, Any] = {"disposition": disposition.value, "reason": reason}
    if (disposition is Disposition.refer) != bool(refer_to):
        raise ActRefused("--refer-to names who takes the matter over: give it with --disposition refer, and only then")
    if refer_to:
        more["referred_to"] = refer_to
    if joint_with:
        if disposition is not Disposition.report:
            raise ActRefused(f"--joint-with names who files a report too; with {disposition.value} there is none")
        more["joint_filers"] = [_filer(each) for each in joint_with]
    if suppress_until:
        if disposition is not Disposition.no_report:
            raise ActRefused(
                f"only a case disposed of with no_report suppresses alerts, not one with {disposition.value}"
            )
        more["suppress_until"] = suppress_until.date()
        more["suppress_scenarios"] = [{"scenario_id": name} for name in suppress_scenario or []]
    elif suppress_scenario:
        raise ActRefused("--suppress-scenario needs --suppress-until, the last day of the suppression")
    act_on(case_id, "disposed", officer, role, more, as_json=as_json)


def approve(
    case_id: Case,
    officer: Officer,
    reason: Reason,
    seen: Annotated[
        str | None,
        typer.Option(
            help="state_digest of the case that was looked at, as 'show' prints it: refused if it is another now.",
        ),
    ] = None,
    role: AsRole = Role.mlro,
    as_json: AsJson = False,
) -> None:
    """Approve a disposition as the lake shows the case; not by the officer who made it, or who wrote the narrative."""
    act_on(case_id, "approved", officer, role, {"reason": reason, "seen": seen}, as_json=as_json)


def reject(case_id: Case, officer: Officer, reason: Reason, role: AsRole = Role.mlro, as_json: AsJson = False) -> None:
    """Reject a disposition, approved or not; the case goes back to its investigator."""
    act_on(case_id, "rejected", officer, role, {"reason": reason}, as_json=as_json)


def reopen(
    case_id: Case, officer: Officer, reason: Reason, role: AsRole = Role.investigator, as_json: AsJson = False
) -> None:
    """Take a disposition back, approved or not, and with it what it suppresses from now on."""
    act_on(case_id, "opened", officer, role, {"reason": reason}, as_json=as_json)


def settle(
    case_id: Case,
    act_id: Annotated[str, typer.Argument(metavar="ACT", help="The decision_id that 'violations' lists.")],
    officer: Officer,
    reason: Reason,
    role: AsRole = Role.mlro,
    as_json: AsJson = False,
) -> None:
    """Say of an act that broke a rule that another officer has seen it; its alarm ends with that."""
    asked = {"case_id": case_id, "decision_id": act_id}
    with lake() as settings:
        assert settings.kafka_bootstrap_servers is not None
        with connect(settings, read_only=True) as connection:
            found = rows(connection, _VIOLATION, asked)
        if not found:
            raise ActRefused(f"case {case_id}: {act_id} is no open violation; 'vigil case violations' lists those")
        if found[0]["rule"] == "changed_since_approval":
            raise ActRefused(f"case {case_id}: {found[0]['detail']}; 'vigil case approve' ends that")
        if found[0]["officer_id"] == officer:
            raise ActRefused(f"case {case_id}: {act_id} is an act of {officer}; another officer settles it")
        _require_reason(case_id, reason)
        more = {"settles": act_id, "reason": reason}
        event = decision(case_id, "noted", officer, role.value, datetime.now(UTC), **more)
        _send(event, settings.kafka_bootstrap_servers, client(settings), as_json=as_json)


COMMANDS = (assign, note, evidence, decide, approve, reject, reopen, settle)


def act_on(case_id: str, act: str, officer: str, role: Role, more: dict[str, Any], *, as_json: bool) -> None:
    """Put an act on the topic and print it, unless the case does not allow it.

    Raises:
        CaseError: it was refused, and nothing was sent.
    """
    if more.get("reason") is not None:
        _require_reason(case_id, more["reason"])
    with lake() as settings:
        assert settings.kafka_bootstrap_servers is not None
        reach = client(settings)
        with connect(settings, read_only=True) as connection:
            case = find(connection, case_id)
            now = datetime.now(UTC)
            waiting = unbuilt(connection, settings.kafka_bootstrap_servers, case_id, reach)
            conduct = Conduct.of(connection, now.date())
            standing = conduct.standing(connection, case_id, waiting)
            conduct.require(standing, act, officer, now.replace(tzinfo=None))
            if act == "approved":
                more = more | {"seen": _seen(case, more["seen"])}
            if "assigned_to" in more:
                conduct.require_text(case_id, "assigned_to_nobody", more["assigned_to"])
            if "narrative" in more:
                conduct.require_text(case_id, "narrative_without_text", more["narrative"])
            if "transactions" in more:
                _require_evidence(connection, conduct, standing, act, more)
            if "suppress_until" in more:
                more = more | _suppression(connection, case, now.date(), more)
        event = decision(case_id, act, officer, role.value, now, **more)
        _send(event, settings.kafka_bootstrap_servers, reach, as_json=as_json)


def _filer(told: str) -> dict[str, str]:
    name, _, contact = (part.strip() for part in told.partition(":"))
    if not name or not contact:
        raise ActRefused(f"--joint-with {told!r} is not 'NAME: CONTACT': FinCEN asks for both of each joint filer")
    return {"name": name, "contact": contact}


def _send(event: dict[str, Any], bootstrap_servers: str, reach: dict[str, str], *, as_json: bool) -> None:
    partition, offset = record(bootstrap_servers, event, reach)
    sent = event | {"partition": partition, "offset": offset}
    tell_event(sent, f"{event['act']}: {event['decision_id']}", TOPIC, as_json=as_json)


def _require_reason(case_id: str, reason: str) -> None:
    if not reason.strip():
        raise ActRefused(f"case {case_id}: --reason is empty; say why, in words")


def _seen(case: dict[str, Any], seen: str | None) -> str:
    """The digest of the case as the lake has it, which must be that of what the officer has looked at, if given."""
    digest: str = case["state_digest"]
    if seen is not None and seen != digest:
        raise ActRefused(
            f"case {case['case_id']} is not what --seen {seen} was of any more (now {digest}); "
            f"look at it again with 'vigil case show {case['case_id']}'"
        )
    return digest


def _require_evidence(
    connection: duckdb.DuckDBPyConnection, conduct: Conduct, standing: Standing, act: str, more: dict[str, Any]
) -> None:
    """Refuse what is no movement, and, since it would say nothing, what is in evidence, or out of it, already."""
    case_id = standing.about_id
    named = [each["transaction_id"] for each in more["transactions"]]
    conduct.require_movements(connection, case_id, named)
    there = movements_in_evidence(connection, standing)
    if idle := [each for each in named if (each in there) is (act == "evidence_added")]:
        where = "in evidence already" if act == "evidence_added" else "not in evidence"
        raise ActRefused(f"case {case_id}: {', '.join(idle)} is {where}; 'vigil case show {case_id}' lists what is")


def _suppression(
    connection: duckdb.DuckDBPyConnection, case: dict[str, Any], today: date, asked: dict[str, Any]
) -> dict[str, Any]:
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
