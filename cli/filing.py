"""vigil file and vigil trace: filings of approved cases and of days of cash, and the events behind them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

import reports
from cli.console import AsJson, answer, print_json, print_rows, say
from cli.environment import lake
from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.filings.lifecycle import announce
from reports import Filing

app = typer.Typer(
    help="Make filings of approved cases, days of cash and exemptions, and list them.", no_args_is_help=True
)

CaseId = Annotated[str | None, typer.Argument(help="The approved case, or act on an exemption; or a day is named.")]
Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The business day whose cash is filed, for profiles of cash."),
]
Profile = Annotated[str, typer.Option(help=f"One of {', '.join(reports.profiles())}.")]


@app.command()
def generate(
    profile: Profile,
    case_id: CaseId = None,
    day: Day = None,
    reference: Annotated[str | None, typer.Option(help="The bank's reference; derived if not given.")] = None,
    pin: Annotated[
        int | None, typer.Option(help="The snapshot to file from; the newest finished build's if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the filing, of a case its PDF, and the manifest into the outbox; asked again, it gives the same bytes.

    Its first step goes on the topic compliance.filings.
    """
    about = _about(case_id, day)
    with lake() as settings, connect(settings) as connection:
        filing = reports.generate(connection, settings, about, profile, reference, pin)
        announce(connection, settings, [filing], datetime.now(UTC))
    answer([summary(filing)], as_json=as_json, title="filing")


@app.command()
def preview(profile: Profile, case_id: CaseId = None, day: Day = None, as_json: AsJson = False) -> None:
    """Show everything the rule book says about a filing, without writing it. Exit 1 if it would be refused."""
    about = _about(case_id, day)
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = reports.preview(connection, about, profile)
    answer([vars(violation) for violation in found], as_json=as_json, title="findings")
    if any(violation.severity == "error" for violation in found):
        raise typer.Exit(1)


@app.command("list")
def list_filings(as_json: AsJson = False) -> None:
    """List the filings of the outbox."""
    found = reports.list_filings(Settings().home)
    answer([summary(filing) for filing in found], as_json=as_json, title="filings")


def trace(
    filing: Annotated[str, typer.Argument(help="Reference of a filing in the outbox.")],
    field: Annotated[
        str | None,
        typer.Option(help="Only what one field was made from: an element's name, its path or the end of that."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print topic, partition and offset of every transaction in a filing, each looked up again in the lake."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = reports.find(settings.home, filing)
        origins = reports.trace(connection, found)
        told = reports.field_events(connection, found, field) if field is not None else []
    if field is not None:
        answer(told, as_json=as_json, title=f"{filing}: {field}")
    elif as_json:
        print_json(origins)
    else:
        print_rows(origins, title=f"{filing}: {len(origins)} transactions, each found at its offset")
        say(f"file: {found.path}")


def _about(case_id: str | None, day: datetime | None) -> str | date:
    if (case_id is None) == (day is None):
        raise typer.BadParameter("name either a case or act, or a business day (--day 2025-02-03)")
    return case_id if case_id is not None else day.date()  # type: ignore[union-attr]


def summary(filing: Filing) -> dict[str, Any]:
    """What a list tells of a filing."""
    return {
        "filing_ref": filing.filing_ref,
        "profile": filing.profile,
        "case_id": filing.case_id,
        "business_day": filing.business_day,
        "designation_id": filing.designation_id,
        "pin": filing.pin,
        "validity": filing.validity,
        "path": filing.path,
        "pdf": filing.pdf_path,
        "sha256": filing.sha256,
    }
