"""vigil file and vigil trace: filings of approved cases, and the events behind them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import reports
from cli.console import AsJson, answer, print_json, print_rows, say
from cli.environment import lake
from lakehouse.attach import connect
from lakehouse.settings import Settings
from reports import Filing

app = typer.Typer(help="Make filings of approved cases, and list them.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(help="The approved case.")]
Profile = Annotated[str, typer.Option(help=f"One of {', '.join(reports.profiles())}.")]


@app.command()
def generate(
    case_id: CaseId,
    profile: Profile,
    reference: Annotated[str | None, typer.Option(help="The bank's reference; derived if not given.")] = None,
    pin: Annotated[
        int | None, typer.Option(help="The snapshot to file from; the newest finished build's if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the filing, its PDF and its manifest into the outbox; asked again, it gives the same bytes."""
    with lake() as settings, connect(settings) as connection:
        filing = reports.generate(connection, settings, case_id, profile, reference, pin)
    answer([summary(filing)], as_json=as_json, title="filing")


@app.command()
def preview(case_id: CaseId, profile: Profile, as_json: AsJson = False) -> None:
    """Show everything the rule book says about a case's filing, without writing it. Exit 1 if it would be refused."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = reports.preview(connection, case_id, profile)
    answer([vars(violation) for violation in found], as_json=as_json, title="findings")
    if any(violation.severity == "error" for violation in found):
        raise typer.Exit(1)


@app.command("list")
def list_filings(as_json: AsJson = False) -> None:
    """List the filings of the outbox."""
    found = reports.list_filings(Settings().home)
    answer([summary(filing) for filing in found], as_json=as_json, title="filings")


def trace(
    filing: Annotated[str, typer.Argument(help="Reference of a filing in the outbox.")], as_json: AsJson = False
) -> None:
    """Print topic, partition and offset of every transaction in a filing, each looked up again in the lake."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = reports.find(settings.home, filing)
        origins = reports.trace(connection, found)
    if as_json:
        print_json(origins)
    else:
        print_rows(origins, title=f"{filing}: {len(origins)} transactions, each found at its offset")
        say(f"file: {found.path}")


def summary(filing: Filing) -> dict[str, Any]:
    """What a list tells of a filing."""
    return {
        "filing_ref": filing.filing_ref,
        "profile": filing.profile,
        "case_id": filing.case_id,
        "pin": filing.pin,
        "validity": filing.validity,
        "path": filing.path,
        "pdf": filing.path.with_suffix(".pdf"),
        "sha256": filing.sha256,
    }
