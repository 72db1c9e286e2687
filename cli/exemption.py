"""vigil exemption: who is exempt from reports of cash, and what became of it. What officers do is in
``cli.exemption_acts``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cases.errors import CaseUnknown
from cases.matters import EXEMPTIONS
from cli.console import AsJson, answer, print_json, print_rows
from cli.environment import lake
from cli.query import rows
from lakehouse.attach import connect

app = typer.Typer(help="Exempt customers from reports of cash, and list who is.", no_args_is_help=True)

Exemption = Annotated[str, typer.Argument(help="The exemption's identifier.")]

# By when the regulator has to be told of the first designation, and when it was, stands with all other deadlines.
_EXEMPTIONS = """
    select
        exemption_id, party_id, party_name, basis, status, is_exempt, first_day, last_day, failed_rules, warned_rules,
        first_exempted_on, deadlines.due_day as file_by, deadlines.done_on as filed_on, review_due_on
    from lake.str.exemptions
    left join (from lake.str.deadlines where kind = 'filing') as deadlines using (exemption_id)
    where ($party is null or party_id = $party) and ($status is null or status = $status)
    order by status, party_name, exemption_id
"""
_EXEMPTION = "select * from lake.str.exemptions where exemption_id = $exemption_id"
_DEADLINES = """
    select kind, state, started_on, due_day, done_on, filing_ref, source
    from lake.str.deadlines
    where exemption_id = $exemption_id
    order by started_on, kind
"""
_HISTORY = """
    select
        act_number, decided_at, act, officer_id, officer_name, officer_role, basis, effective_on, reason, violated_rule,
        status, act_id, _partition, _offset
    from lake.str.exemption_acts
    where exemption_id = $exemption_id
    order by act_number
"""
_FINDINGS = """
    select designation_id, rule, detail, blocks
    from lake.str.exemption_findings
    where exemption_id = $exemption_id
    order by designation_id, rule
"""
_FILINGS = """
    select filings.filing_ref, designations.kind, filings.status, filings.regulator_reference
    from lake.str.filings as filings
    inner join lake.str.exemption_designations as designations using (designation_id)
    where designations.exemption_id = $exemption_id
    order by filings.generated_at, filings.filing_ref
"""


@app.command("list")
def list_exemptions(
    party: Annotated[str | None, typer.Option(help="Only those of this party.")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="Only those that are proposed, in_force, amending, revoking, revoked or rejected."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List exemptions, each with whether cash is exempt by it today, and the rules that it breaks."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _EXEMPTIONS, {"party": party, "status": status})
    answer(found, as_json=as_json, title="exemptions")


@app.command()
def show(exemption_id: Exemption, as_json: AsJson = False) -> None:
    """Show one exemption whole: its fields, its deadlines, what it breaks, its history and its filings."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        asked: dict[str, Any] = {"exemption_id": exemption_id}
        found = rows(connection, _EXEMPTION, asked)
        if not found:
            raise CaseUnknown(f"exemption {exemption_id!r} is not in the lake; {EXEMPTIONS.remedy}")
        parts = {
            "deadlines": rows(connection, _DEADLINES, asked),
            "findings": rows(connection, _FINDINGS, asked),
            "history": rows(connection, _HISTORY, asked),
            "filings": rows(connection, _FILINGS, asked),
        }
    if as_json:
        print_json(found[0] | parts)
        return
    print_rows(({"field": name, "value": value} for name, value in found[0].items()), title=exemption_id)
    for title, told in parts.items():
        print_rows(told, title=title)
