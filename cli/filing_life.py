"""vigil file submit, acknowledge, return, correct, show: what becomes of a filing, each step an event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

import reports
from cases.events import send
from cli.console import AsJson, answer, print_json, print_rows, say, tell_event
from cli.environment import client, lake
from cli.filing import summary
from cli.query import rows
from contracts.filings import TOPIC, step
from lakehouse.attach import connect
from lakehouse.settings import Settings
from lakehouse.snapshots import built
from orchestration.defs.filings.lifecycle import announce
from reports import Filing
from reports.answer import Answer, read_answer
from reports.errors import ReportError
from reports.manifest import later
from reports.profile import load

Reference = Annotated[str, typer.Argument(help="The bank's reference of a filing in the outbox.")]
Officer = Annotated[str, typer.Option(help="Identifier of the officer who acts.")]
AnswerFile = Annotated[
    Path | None,
    typer.Option("--answer", help="The regulator's answer: FinCEN's acknowledgement XML, CSV or JSON.", metavar="FILE"),
]

_STATE = "select * from lake.str.filings where filing_ref = $filing_ref"
_ANSWER = "select status, regulator_reference from lake.str.filings {at} where filing_ref = $filing_ref"
_STEPS = """
    select step_number, status, occurred_at, officer_id, regulator_reference, violated_rule, errors
    from lake.str.filing_steps
    where filing_ref = $filing_ref
    order by step_number
"""
# What a filing is when a step may follow; None: made, and not built into the marts yet.
_BEFORE: dict[str, tuple[str | None, ...]] = {
    "submitted": (None, "generated"),
    # A regulator may change its mind, and what was typed wrong is typed again.
    "acknowledged": ("submitted", "acknowledged", "returned"),
    "returned": ("submitted", "acknowledged", "returned"),
    "corrected": ("acknowledged", "returned"),
}


class StepRefused(ReportError):
    """A filing is not where the step begins."""


def submit(filing_ref: Reference, officer: Officer, as_json: AsJson = False) -> None:
    """Record that the filing's file was sent to the regulator; its files must be those of the manifest."""
    with lake() as settings:
        filing = _filing(settings, filing_ref, "submitted")
        reports.check_digests(filing)
        now = datetime.now(UTC)
        with connect(settings, read_only=True) as connection:
            # One that was made while the brokers were away begins its life here.
            announce(connection, settings, [filing], now)
        years = (filing.manifest.get("retention") or {}).get("years")
        kept = later(now.date(), years) if years is not None else None
        done = _record(settings, filing, "submitted", now, officer_id=officer, pin=filing.pin, retain_until=kept)
    tell_event(done, f"{filing_ref} is {done['status']}: {done['event_id']}", TOPIC, as_json=as_json)


def acknowledge(
    filing_ref: Reference,
    officer: Officer,
    number: Annotated[str | None, typer.Option(help="The regulator's number of the filing.")] = None,
    file: AnswerFile = None,
    as_json: AsJson = False,
) -> None:
    """Record that the regulator took the filing, with its number; warnings in its answer are kept.

    A batch of many reports has a number of each, in their order and parted by blanks.
    """
    told = read_answer(file) if file else Answer(None, ())
    if told.accepted is False:
        raise StepRefused(
            f"by {file} the regulator did not accept the filing; 'vigil file return' records what it found"
        )
    reference = number or told.reference
    if not reference:
        raise StepRefused("an acknowledgement has the regulator's number: give --number, or --answer with one in it")
    with lake() as settings:
        filing = _filing(settings, filing_ref, "acknowledged")
        _number_each(filing, reference.split())
        more = {"regulator_reference": reference, "errors": list(told.errors) or None}
        done = _record(settings, filing, "acknowledged", datetime.now(UTC), officer_id=officer, **more)
    tell_event(done, f"{filing_ref} is {done['status']}: {done['event_id']}", TOPIC, as_json=as_json)


def return_(
    filing_ref: Reference,
    officer: Officer,
    error: Annotated[
        list[str] | None, typer.Option(help="What is wrong, as 'FIELD: MESSAGE'; may be given again.")
    ] = None,
    file: AnswerFile = None,
    as_json: AsJson = False,
) -> None:
    """Record that the regulator sent the filing back, with what it found wrong."""
    told = read_answer(file) if file else Answer(None, ())
    if told.accepted:
        raise StepRefused(
            f"by {file} the regulator accepted the filing, whatever it warns of: 'vigil file acknowledge' keeps its "
            "numbers and warnings, and 'vigil file correct' amends what it took"
        )
    errors = [*told.errors, *(_typed(each) for each in error or [])]
    if not errors:
        raise StepRefused("a return says what is wrong: give --error 'FIELD: MESSAGE', or --answer with errors in it")
    with lake() as settings:
        filing = _filing(settings, filing_ref, "returned")
        more = {"regulator_reference": told.reference, "errors": errors}
        done = _record(settings, filing, "returned", datetime.now(UTC), officer_id=officer, **more)
    tell_event(done, f"{filing_ref} is {done['status']}: {done['event_id']}", TOPIC, as_json=as_json)


def correct(filing_ref: Reference, officer: Officer, as_json: AsJson = False) -> None:
    """Make another filing in the place of one that the regulator answered, from the newest build, and record both.

    Of a day of cash whose reports it took, those that changed amend them by their numbers, and new ones are added.
    """
    with lake() as settings:
        made = put_right(settings, filing_ref, officer, datetime.now(UTC))
    gone = made.manifest.get("gone", [])
    answer([{**summary(made), "gone": gone}], as_json=as_json, title=f"in the place of {filing_ref}")
    if gone and not as_json:
        say(f"no report any more, and FinCEN takes none back: {', '.join(gone)}")


def put_right(settings: Settings, filing_ref: str, officer: str, at: datetime) -> Filing:
    """The filing in the place of one that the regulator answered, made and announced; the other is corrected ``at``.

    Raises:
        StepRefused: no finished build knows the answer, or what was taken cannot be told again.
    """
    filing = _filing(settings, filing_ref, "corrected")
    with connect(settings) as connection:
        if _answer(connection, filing_ref) == "acknowledged" and not _amendable(filing):
            raise StepRefused(
                f"filing {filing_ref} holds the cash of {filing.business_day}, which the regulator has taken under "
                f"one number, and {filing.profile} has no amendment of that: made again it would be told twice. "
                "Tell the regulator what changed."
            )
        made = reports.generate(
            connection,
            settings,
            filing.about,
            filing.profile,
            reports.correction_of(settings.home, filing_ref),
            corrects=filing_ref,
        )
        announce(connection, settings, [made], at)
    _record(settings, filing, "corrected", at, officer_id=officer)
    return made


def show(filing_ref: Reference, as_json: AsJson = False) -> None:
    """Show a filing's life, and the regulator's errors at the fields they mean, with the events behind these."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        filing = reports.find(settings.home, filing_ref)
        state = rows(connection, _STATE, {"filing_ref": filing_ref})
        steps = rows(connection, _STEPS, {"filing_ref": filing_ref})
        errors = state[0]["errors"] or [] if state else []
        figures = reports.figures(connection, filing) if errors else []
        located = [
            {**each, "element": figure.path, "value": figure.value, "of": figure.label, "events": len(figure.events)}
            for each in errors
            for figure in reports.meant(figures, each["field"]) or [reports.NOWHERE]
        ]
    if as_json:
        print_json({"filing_ref": filing_ref, "state": state[0] if state else None, "steps": steps, "errors": located})
        return
    if not state:
        say(f"{filing_ref} was made; its life begins with the next 'vigil build', which lands its first step")
        return
    print_rows(({"field": name, "value": value} for name, value in state[0].items()), title=filing_ref)
    print_rows(steps, title="steps", columns=["step_number", "status", "occurred_at", "officer_id", "violated_rule"])
    if located:
        print_rows(located, title="the regulator's errors")


def _typed(error: str) -> dict[str, str]:
    field, colon, message = error.partition(":")
    if not colon or not field.strip() or not message.strip():
        raise typer.BadParameter(f"{error!r} is not 'FIELD: MESSAGE'")
    return {"field": field.strip(), "message": message.strip()}


def _filing(settings: Settings, filing_ref: str, status: str) -> Filing:
    """The filing, if the step may follow what is known of it (see ``_BEFORE``)."""
    filing = reports.find(settings.home, filing_ref)
    with connect(settings, read_only=True) as connection:
        state = rows(connection, _STATE, {"filing_ref": filing_ref})
    there = state[0]["status"] if state else None
    if there not in _BEFORE[status]:
        wanted = " or ".join(each or "generated" for each in dict.fromkeys(_BEFORE[status]))
        raise StepRefused(
            f"filing {filing_ref} is {there or 'generated, and no step of it has been built into the marts yet'}; "
            f"it can be {status} only once it is {wanted}. 'vigil build' takes up the steps that were sent meanwhile."
        )
    return filing


def _number_each(filing: Filing, numbers: list[str]) -> None:
    """Make sure that a batch of many reports is given as many numbers."""
    reports_told = filing.manifest.get("reports")
    if load(filing.profile).repeats and len(numbers) != reports_told:
        raise StepRefused(
            f"filing {filing.filing_ref} holds {reports_told} reports, and {len(numbers)} numbers were given; give "
            "that of each, in the order of the batch and parted by blanks, or --answer with the regulator's file"
        )


def _amendable(filing: Filing) -> bool:
    """Whether what was taken can be told again as an amendment: a case, or reports with a number each."""
    return filing.business_day is None or load(filing.profile).repeats is not None


def _answer(connection: duckdb.DuckDBPyConnection, filing_ref: str) -> str:
    """What the regulator answered last, which the newest finished build must know: from it a correction is made."""
    pin = built(connection)
    now, then = (
        rows(connection, _ANSWER.format(at=at), {"filing_ref": filing_ref}) for at in ("", f"at (version => {pin})")
    )
    if now != then:
        was = then[0]["status"] if then else "unknown"
        raise StepRefused(
            f"filing {filing_ref} is {was} at snapshot {pin}, at which the newest build ended, and {now[0]['status']} "
            "since: run 'vigil build', whose gates open the snapshot that the correction is made from"
        )
    return str(now[0]["status"])


def _record(settings: Settings, filing: Filing, status: str, at: datetime, **more: Any) -> dict[str, Any]:
    """Put the step on the topic; the event, with its partition and offset."""
    assert settings.kafka_bootstrap_servers is not None
    event = step(
        filing.filing_ref,
        filing.profile,
        status,
        filing.sha256,
        at,
        case_id=filing.case_id,
        business_day=filing.business_day,
        designation_id=filing.designation_id,
        **more,
    )
    ((partition, offset),) = send(settings.kafka_bootstrap_servers, TOPIC, [event], client(settings))
    return event | {"partition": partition, "offset": offset}
