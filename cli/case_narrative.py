"""vigil case narrative: the text that the filing of a case tells, and new versions of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import reports
from cases.errors import ActRefused
from cli.case import Case, find
from cli.case_acts import AsRole, Role, act_on
from cli.console import AsJson, fail, print_json, say
from cli.environment import lake
from lakehouse.attach import connect

STDIN = "-"
SHOWN = 80


def narrative(
    case_id: Case,
    edit: Annotated[
        str | None,
        typer.Option(help="File with a new version, in UTF-8; - is standard input.", metavar="FILE"),
    ] = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Drop the text that stands: the draft is told again, as the facts then are.")
    ] = False,
    officer: Annotated[str | None, typer.Option(help="Identifier of the officer who wrote, or drops, it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it was written anew or dropped, in words.")] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="Check it by this profile only, not by all that there are; may be given again."),
    ] = None,
    role: AsRole = Role.investigator,
    as_json: AsJson = False,
) -> None:
    """Print the narrative of a case, drafted or written, store a new version that its filings can carry, or drop it."""
    if edit is None and not drop:
        _print(case_id, profile, as_json=as_json)
        return
    if officer is None:
        raise ActRefused("a text is stored, or dropped, for somebody who answers for it: give --officer")
    if drop:
        if edit is not None:
            raise ActRefused("say either which text to store with --edit, or to --drop the one that stands")
        act_on(case_id, "narrative_dropped", officer, role, {"reason": reason}, as_json=as_json)
        return
    assert edit is not None
    text = sys.stdin.read() if edit == STDIN else Path(edit).read_text(encoding="utf-8")
    findings = _findings(text, profile)
    _tell(findings)
    if errors := [each for each in findings if each["severity"] == "error"]:
        told = ", ".join(f"{each['profile']} {each['rule']}" for each in errors)
        raise ActRefused(f"the text was not stored, since filings of the case would be refused: {told}")
    act_on(case_id, "narrated", officer, role, {"narrative": text, "reason": reason}, as_json=as_json)


def _print(case_id: str, profile: list[str] | None, *, as_json: bool) -> None:
    with lake() as settings, connect(settings, read_only=True) as connection:
        case = find(connection, case_id)
        text = case["narrative"] or reports.draft(reports.read_undecided(connection, case_id))
    version, findings = case["narrative_version"], _findings(text, profile)
    if as_json:
        print_json({"case_id": case_id, "version": version, "narrative": text, "findings": findings})
        return
    say(text)
    _tell(findings)


def _tell(findings: list[dict[str, str | None]]) -> None:
    for each in findings:
        shown = (each["value"] or "")[:SHOWN]
        fail(f"{each['profile']}: {each['rule']} {each['severity']} {each['field']} ({shown!r}): {each['message']}")


def _findings(text: str, profiles: list[str] | None) -> list[dict[str, str | None]]:
    """Everything that the rule books say of the text, a row a profile and finding."""
    return [
        {"profile": name, **vars(found)}
        for name in profiles or reports.profiles()
        for found in reports.narrative_findings(reports.load_profile(name), text)
    ]
