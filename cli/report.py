"""vigil report: what people read of a month or a period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

import typer

from cli.console import AsJson, answer, print_json
from cli.environment import lake
from lakehouse.attach import connect
from reports import mlro as monthly
from reports import register
from reports.shelf import Report

app = typer.Typer(help="Make reports for people: a month of the MLRO, registers of a period.", no_args_is_help=True)

Pin = Annotated[int | None, typer.Option(help="The snapshot to report from; the newest finished build's if none.")]
From = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, at the bank.")]
To = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, at the bank.")]


@app.command()
def mlro(
    month: Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month, such as 2025-03.")],
    pin: Pin = None,
    as_json: AsJson = False,
) -> None:
    """Write the month's report as PDF and workbook; the same month and pin give the same bytes."""
    _answer(lambda connection, settings: monthly.make(connection, settings, month.date(), pin), as_json=as_json)


@app.command()
def ctr(first: From, last: To, pin: Pin = None, as_json: AsJson = False) -> None:
    """Write the register of reportable cash of those business days as a workbook."""
    _period(register.ctr, first.date(), last.date(), pin, as_json=as_json)


@app.command()
def structuring(first: From, last: To, pin: Pin = None, as_json: AsJson = False) -> None:
    """Write the alerts on split and unexplained cash of those days, with their movements, as a workbook."""
    _period(register.structuring, first.date(), last.date(), pin, as_json=as_json)


def _period(make: Callable[..., Report], first: date, last: date, pin: int | None, *, as_json: bool) -> None:
    _answer(lambda connection, settings: make(connection, settings, first, last, pin), as_json=as_json)


def _answer(make: Callable[[Any, Any], Report], *, as_json: bool) -> None:
    with lake() as settings, connect(settings, read_only=True) as connection:
        report = make(connection, settings)
    if as_json:
        print_json(report)
    else:
        files = [{"file": path, "sha256": digest, "pin": report.pin} for path, digest in report.sha256.items()]
        answer(files, as_json=False, title=report.name)
