"""vigil simulate: a bank that lives, on the topics."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.console import AsJson, Ticker, print_json, print_rows, progress, say
from cli.environment import client, lake
from lakehouse.settings import Settings
from simulator.bank import START, Simulation
from simulator.bank import simulate as simulated
from simulator.producer import produce

Customers = Annotated[int, typer.Option(min=1, help="Customers of the bank.")]
Days = Annotated[int, typer.Option(min=1, help="Days of its life.")]
FIRST_DAY = datetime.combine(START, datetime.min.time())
Start = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same events, byte for byte.")]


def simulate(
    customers: Customers = 1000,
    days: Days = 60,
    seed: Seed = 7,
    start: Start = FIRST_DAY,
    rate: Annotated[float | None, typer.Option(min=0.1, help="At most so many events a second.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a bank with planted laundering and innocent look-alikes, and produce its events."""
    simulation = simulated(customers, days, seed, start.date())
    with lake(make_topics=True) as settings:
        produced, truth = produce_once(simulation, settings, rate)
    if as_json:
        print_json({"produced": produced, "truth": truth})
        return
    print_rows([{"topic": topic, "produced": count} for topic, count in produced.items()], title="produced")
    say(f"planted cases: {truth}")


def produce_once(simulation: Simulation, settings: Settings, rate: float | None) -> tuple[dict[str, int], Path]:
    """Produce the simulation's events and write its truth; returns events by topic and the truth's path."""
    servers, tick = settings.kafka_bootstrap_servers, Ticker("produced")
    assert servers is not None
    progress(f"simulating {simulation.customers:,} customers over {simulation.days} days")
    produced = produce(simulation.batches(), servers, rate, tick, client(settings))
    return produced, simulation.write_truth(settings.home)
