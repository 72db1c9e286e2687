"""The vigil command."""

from __future__ import annotations

import os
import sys

import duckdb
import typer

from cases.errors import CaseError
from cases.events import EventNotRecorded
from cli import (
    alerts,
    backtest,
    build,
    case,
    case_acts,
    case_narrative,
    console,
    dead_letters,
    demo,
    evaluate,
    exemption,
    exemption_acts,
    filing,
    filing_life,
    kyc,
    lists,
    priority,
    reconcile,
    replay,
    report,
    rewind,
    scenarios,
    screen,
    seal,
    secret_files,
    services,
    simulate,
    sink,
    sink_plan,
    sql,
    upkeep,
    verify,
)
from cli.build import JobFailed
from cli.missing_files import with_remedy
from contracts import ContractError
from detection.errors import DetectionError
from lakehouse.errors import LakeError
from local.errors import LocalServiceError
from reports.errors import ReportError
from screening.errors import ScreeningError
from simulator.errors import SimulatorError
from sinks import SinkError

# Errors whose message already says what to do; anything else is a fault of ours and keeps its traceback.
EXPECTED = (
    CaseError,
    ContractError,
    EventNotRecorded,
    DetectionError,
    JobFailed,
    LakeError,
    LocalServiceError,
    ReportError,
    ScreeningError,
    SimulatorError,
    SinkError,
    duckdb.Error,
)

app = typer.Typer(
    help="Lands a bank's Kafka topics in a DuckDB lake exactly once, finds money laundering in it, writes the filing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.command()(services.up)
app.command()(services.down)
app.command()(services.status)
app.command()(services.ui)
app.command()(simulate.simulate)
app.command()(replay.replay)
sink.app.command()(sink_plan.plan)
sink.app.command()(rewind.rewind)
app.add_typer(sink.app, name="sink")
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(reconcile.reconcile)
app.command()(upkeep.upkeep)
app.command()(build.build)
app.command()(alerts.alerts)
for act in (*case_acts.COMMANDS, case_narrative.narrative):
    case.app.command()(act)
app.add_typer(case.app, name="case")
for proposal in exemption_acts.COMMANDS:
    exemption.app.command()(proposal)
app.add_typer(exemption.app, name="exemption")
app.add_typer(kyc.app, name="kyc")
filing.app.command()(filing_life.submit)
filing.app.command()(filing_life.acknowledge)
filing.app.command("return")(filing_life.return_)
filing.app.command()(filing_life.correct)
filing.app.command()(filing_life.show)
app.add_typer(filing.app, name="file")
app.command()(filing.trace)
app.add_typer(report.app, name="report")
app.command()(seal.seal)
app.command()(verify.verify)
app.command()(evaluate.evaluate)
app.command()(scenarios.scenarios)
app.command()(backtest.backtest)
app.add_typer(priority.app, name="priority")
app.command()(screen.screen)
app.add_typer(lists.app, name="lists")
app.command()(sql.sql)


def main() -> None:
    """Run the command line; an expected error becomes one line and exit code 1."""
    try:
        secret_files.read_into(os.environ)
        app()
    except EXPECTED as error:
        console.fail(with_remedy(str(error)), as_json="--json" in sys.argv)
        sys.exit(1)
