"""vigil demo: the whole road, from a simulated bank's events to filings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import typer

import contracts
import reports
from cli import demo_desk
from cli.build import run_job
from cli.console import AsJson, fail, print_json, print_rows, progress, say
from cli.environment import client, lake
from cli.filing import summary
from cli.query import rows
from cli.reconcile import totals
from cli.simulate import Customers, Days, Seed, produce_once
from detection.planted import planted_found
from lakehouse.attach import connect
from lakehouse.settings import EVERY, Settings
from simulator.bank import Simulation, read_truth
from simulator.bank import simulate as simulated
from sinks import reconcile

_DEADLINES = """
    select report, kind, state, count(*) as deadlines, min(due_day) as first_due, max(due_day) as last_due
    from lake.str.deadlines
    group by all
    order by all
"""


def demo(customers: Customers = 500, days: Days = 60, seed: Seed = 7, as_json: AsJson = False) -> None:
    """Run everything once: a bank's events, landing, gates, marts, officers' acts, filings, answers, reconciliation.

    Repeating it with the same seed produces nothing again and gives the same filings.
    """
    clock = Stages()
    with ExitStack() as stack:
        with clock.stage("start services"):
            settings = stack.enter_context(lake(make_topics=True))
        with clock.stage("simulate and produce"):
            simulation = simulated(customers, days, seed)
            # A fictitious bank: it files under every profile, and its today is when all is sent, not the clock's.
            today = simulation.start + timedelta(days=days + 14)
            settings = settings.model_copy(update={"file_under": EVERY, "today": today})
            produced = _produce(settings, simulation)
            acts = demo_desk.exempt(settings, simulation) if produced else 0
        with clock.stage("land"):
            run_job(settings, "land")
        with clock.stage("seal"):
            run_job(settings, "seal")
        with clock.stage("gates and marts"):
            run_job(settings, "build")
        with clock.stage("file cash and exemptions"):
            run_job(settings, "file")
        with clock.stage("officers decide and send"):
            decided = demo_desk.decide_cases(settings) + demo_desk.send_cash(settings)
        if decided:
            with clock.stage("fold their acts"):
                run_job(settings, "acts")
            with clock.stage("file cases"):
                run_job(settings, "file")
            with clock.stage("officers correct and send"):
                decided += demo_desk.send_rest(settings)
            with clock.stage("fold the answers"):
                run_job(settings, "answers")
        with clock.stage("reconcile"):
            partitions = reconcile(settings, list(contracts.load()), kafka=client(settings))
        with connect(settings, read_only=True) as connection:
            scenarios = planted_found(connection, read_truth(settings.home))
            deadlines = rows(connection, _DEADLINES)
        filings = [summary(filing) for filing in reports.list_filings(settings.home)]
    events = totals(partitions)
    # A repetition produces nothing, or only acts: beside all that has landed the number would read like a loss. Each
    # filing was announced when it was made.
    if produced:
        events = {"produced": sum(produced.values()) + acts + decided + len(filings), **events}
    if as_json:
        told = {"events": events, "scenarios": scenarios, "filings": filings, "deadlines": deadlines}
        print_json({**told, "seconds": clock.seconds})
    else:
        _print(events, scenarios, deadlines, clock.seconds)
        _print_filings(filings, settings)
    if not any(filing["case_id"] for filing in filings):
        fail("no filing came out: no approved case was complete; see 'vigil case list' and take more --customers")
        raise typer.Exit(1)
    if not all(each.exact for each in partitions):
        raise typer.Exit(1)


class Stages:
    """Seconds of each stage, in order, told as they begin and end."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block as ``name``."""
        progress(f"── {name}")
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - began, 1)


def _produce(settings: Settings, simulation: Simulation) -> dict[str, int]:
    """Produce the bank's events, unless this home has them; returns events by topic."""
    if simulation.truth_path(settings.home).is_file():
        progress("this bank was produced before; nothing is produced again")
        return {}
    return produce_once(simulation, settings, rate=None)[0]


def _print(
    events: dict[str, int], scenarios: list[Any], deadlines: list[dict[str, Any]], seconds: dict[str, float]
) -> None:
    print_rows(({"stage": name, "seconds": spent} for name, spent in seconds.items()), title="seconds a stage")
    say(f"total: {sum(seconds.values()):.0f} seconds")
    print_rows([events], title="events")
    print_rows(scenarios, title="alerts, and planted cases found and missed")
    print_rows(deadlines, title="deadlines")


def _print_filings(filings: list[dict[str, Any]], settings: Settings) -> None:
    by_profile: dict[str, list[dict[str, Any]]] = {}
    for filing in filings:
        by_profile.setdefault(filing["profile"], []).append(filing)
    print_rows(
        (
            {
                "profile": profile,
                "filings": len(made),
                "validity": ", ".join(sorted({each["validity"] for each in made})),
                "one of them": made[0]["path"],
            }
            for profile, made in sorted(by_profile.items())
        ),
        title=f"filings in {settings.home / 'outbox'}; 'vigil file list' lists all",
    )
    say("")
    say("Next:")
    packed = next((filing for filing in filings if filing["pdf"]), None)
    if packed:
        say(f"  read a filing as a person would: {packed['pdf']}")
        say(f"  .venv/bin/vigil trace {packed['filing_ref']}   each transaction's topic, partition and offset")
        say(f"  .venv/bin/vigil verify {packed['filing_ref']}  made again from its snapshot, and compared")
    say("  .venv/bin/vigil ui        the runs, assets and checks in Dagster")
    say("  .venv/bin/vigil sql       the lake in SQL, read only")
