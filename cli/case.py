"""vigil case: cases, what became of them, and the acts that broke a rule. What officers do is in ``cli.case_acts``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cases.errors import CaseUnknown
from cli.console import AsJson, answer, print_json, print_rows, progress, say
from cli.environment import lake
from cli.query import rows
from lakehouse.attach import connect

app = typer.Typer(help="List cases and record officers' acts on them.", no_args_is_help=True)

Case = Annotated[str, typer.Argument(help="The case's identifier.")]

_CASES = """
    select
        case_id, status, score, points, subject_type, subject_id, opened_at, amount, base_currency, transaction_count,
        scenarios, assigned_to, disposition, disposed_by, approved_by, suppressed_alerts
    from lake.str.cases
    where ($status is null or status = $status) and ($assigned_to is null or assigned_to = $assigned_to)
    order by score desc nulls last, points desc, amount desc, case_id
    limit $limit
"""
_CASE = "select * from lake.str.cases where case_id = $case_id"
_ALERTS = """
    select alert_id, scenario_id, scenario_version, detected_at, amount, transaction_count, points, reason
    from lake.str.case_alerts
    where case_id = $case_id
    order by detected_at, alert_id
"""
_EVIDENCE = """
    select
        evidence.transaction_id, evidence.is_in_evidence, evidence.is_alerted, movements.booked_at,
        movements.account_id, movements.direction, movements.base_amount, movements.base_currency,
        evidence.act, evidence.officer_id, evidence.reason
    from lake.str.case_evidence as evidence
    left join lake.intermediate.int_movements as movements using (transaction_id)
    where evidence.case_id = $case_id
    order by movements.booked_at, evidence.transaction_id
"""
_HISTORY = """
    select
        act_number, decided_at, act, officer_id, officer_name, officer_role, assigned_to, transaction_ids, disposition,
        referred_to, suppress_until, reason, narrative_version, narrative, settles, violated_rule, status, decision_id,
        _partition, _offset
    from lake.str.case_acts
    where case_id = $case_id
    order by act_number
"""
_VIOLATIONS = """
    select decision_id, case_id, rule, detail, decided_at, sent_at, settled_by, raises_alarm
    from lake.str.case_violations
    where $settled or settled_by is null
    order by sent_at desc, decision_id
"""
_DEADLINES = """
    select
        state, report, kind, case_id, business_day, exemption_id, started_on, due_day, days_left, done_on, met_late,
        filing_ref, source, as_of_day, count(*) over () as found
    from lake.str.deadlines
    where list_contains($states, state)
    order by
        case
            when state = 'missed' and not met_late then 1
            when state in ('due', 'near') then 2
            when state = 'running' then 3
            when state = 'missed' then 4
            else 5
        end,
        due_day, report, case_id, business_day
    limit $limit
"""


class State(StrEnum):
    """What a deadline can be."""

    running = "running"
    near = "near"
    due = "due"
    missed = "missed"
    met = "met"
    lapsed = "lapsed"


_OPEN = (State.running, State.near, State.due, State.missed)


@app.command("list")
def list_cases(
    status: Annotated[
        str | None, typer.Option(help="Only those that are candidate, open, disposed, approved or rejected.")
    ] = None,
    assigned_to: Annotated[str | None, typer.Option(help="Only those of this officer.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, those that the learned priority scores highest first, or those with the most points without one."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _CASES, {"status": status, "assigned_to": assigned_to, "limit": limit})
    answer(found, as_json=as_json, title="cases")


@app.command()
def show(case_id: Case, as_json: AsJson = False) -> None:
    """Show one case whole: its fields, alerts, evidence and history."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = find(connection, case_id)
        parts = {
            "alerts": rows(connection, _ALERTS, {"case_id": case_id}),
            "evidence": rows(connection, _EVIDENCE, {"case_id": case_id}),
            "history": rows(connection, _HISTORY, {"case_id": case_id}),
        }
    if as_json:
        print_json(found | parts)
        return
    print_rows(({"field": name, "value": value} for name, value in found.items()), title=case_id)
    print_rows(parts["alerts"], title="alerts")
    print_rows(parts["evidence"], title="evidence")
    _print_history(parts["history"])


@app.command()
def history(case_id: Case, as_json: AsJson = False) -> None:
    """List every act on a case in the order of the topic, those that broke a rule among them, texts in full."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        find(connection, case_id)
        found = rows(connection, _HISTORY, {"case_id": case_id})
    if as_json:
        print_json(found)
        return
    _print_history(found)
    for each in found:
        if each["narrative"] is not None:
            say(f"\nnarrative, version {each['narrative_version'] or 'without effect'}, by {each['officer_id']}:")
            say(each["narrative"])


@app.command()
def violations(
    settled: Annotated[
        bool, typer.Option("--all", help="Also those that another officer has settled since with 'settle'.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List acts that broke a rule, so that they have no effect, and approvals that a case has outgrown."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _VIOLATIONS, {"settled": settled})
    answer(found, as_json=as_json, title="violations")


@app.command()
def deadlines(
    state: Annotated[
        list[State] | None, typer.Option(help="Only these; may be given again. All that are not met or lapsed if none.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List by when cases, the cash of business days and exemptions have to be filed, and exemptions to be reviewed.

    What was missed and is not filed yet comes first, then what is near, what runs, what was filed late, and the rest.
    """
    asked = {"states": [each.value for each in state or _OPEN], "limit": limit}
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _DEADLINES, asked)
    all_found = max((each.pop("found") for each in found), default=0)
    answer(found, as_json=as_json, title="deadlines")
    if all_found > len(found):
        progress(f"{len(found)} of {all_found} deadlines are shown; give --limit {all_found} for all")


def find(connection: Any, case_id: str) -> dict[str, Any]:
    """The row of a case.

    Raises:
        CaseUnknown: no build has made it.
    """
    found = rows(connection, _CASE, {"case_id": case_id})
    if not found:
        raise CaseUnknown(f"case {case_id!r} is not in the lake; 'vigil case list' shows those that are")
    return found[0]


def _print_history(acts: list[dict[str, Any]]) -> None:
    print_rows(
        ({"what": _what(act)} | act for act in acts),
        title="history",
        columns=["act_number", "decided_at", "act", "officer_id", "what", "reason", "status", "violated_rule"],
    )


def _what(act: dict[str, Any]) -> str:
    """What the act is about, beside its reason."""
    told = [act["assigned_to"], act["disposition"], act["referred_to"], act["settles"], *(act["transaction_ids"] or [])]
    told += [f"version {act['narrative_version']}"] if act["narrative_version"] else []
    told += [f"until {act['suppress_until']}"] if act["suppress_until"] else []
    return ", ".join(str(each) for each in told if each)
