"""What the way from landing to cases takes, model by model: of all at once, and of one more day.

    python benchmarks/detection.py [--transfers 1000000 10000000] [--accounts 100000] [--days 365] [--day 30000]
        [--memory 4GB] [--json]

For each number of transfers a bank is landed (``detection_bank``: a payroll that pays all accounts, twenty shops all of
them pay, about 1.4 movements a transfer) and built in full; then ``--day`` transfers of one more day land, and it is
built again. Told are seconds and the peak of resident memory by model (dbt runs in this process, DuckDB in it, held to
``--memory``), and beside two sizes how much a model grew: ``n log n`` is what it may.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from detection_bank import FIRST_DAY, Bank

import contracts
from lakehouse.attach import connect
from lakehouse.build import Event, dbt, parsed_project
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest
from local.postgres import Postgres

CASES = ("build", "--select", "+cases", "hubs", "--exclude-resource-types", "test", "unit_test")
# A model below this is all overhead, whose growth says nothing.
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Cost:
    """Of one model, or of all."""

    seconds: float
    peak_mb: int


@dataclass(frozen=True)
class Size:
    """A bank of so many transfers, built in full and then again with one day more."""

    transfers: int
    movements: int
    landed_seconds: float
    full: dict[str, Cost]
    day: dict[str, Cost]
    alerts: int
    cases: int
    hubs: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transfers", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--day", type=int, default=30_000, help="transfers of the one more day")
    parser.add_argument("--memory", default="4GB", help="DuckDB's limit, as VIGIL_MEMORY_LIMIT")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    os.environ["VIGIL_MEMORY_LIMIT"] = arguments.memory
    with tempfile.TemporaryDirectory(prefix="vigil-detection-") as folder:
        home = Path(folder)
        postgres = Postgres(home)
        postgres.launch(_progress)
        try:
            postgres.wait_until_ready()
            parsed_project()
            sizes = [_measure(home, postgres, each, arguments) for each in sorted(arguments.transfers)]
        finally:
            postgres.stop(_progress)
    if arguments.json:
        print(json.dumps([asdict(size) for size in sizes]))
        return
    for size in sizes:
        _print(size)
    for smaller, larger in pairwise(sizes):
        _print_growth(smaller, larger)


def _measure(home: Path, postgres: Postgres, transfers: int, arguments: argparse.Namespace) -> Size:
    name = f"detection_{transfers}"
    postgres.create_database(name)
    settings = Settings(home=home, catalog=postgres.catalog(name), data_path=str(home / name))
    bank = Bank(arguments.accounts)
    started = time.perf_counter()
    with connect(settings) as connection:
        prepare(connection, contracts.load().values())
        _progress(f"{transfers:,} transfers: landing")
        bank.open(connection)
        movements = bank.move(connection, 0, transfers, FIRST_DAY, arguments.days)
    landed_seconds = time.perf_counter() - started
    full = _build(settings)
    with connect(settings) as connection:
        bank.move(connection, transfers, arguments.day, FIRST_DAY + timedelta(days=arguments.days), 1)
    day = _build(settings)
    with connect(settings, read_only=True) as connection:
        counted = connection.execute(
            """
            select
                (select count(*) from lake.aml.alerts where withdrawn_pin is null),
                (select count(*) from lake.str.cases),
                (select count(*) from lake.aml.hubs)
            """
        ).fetchone()
    assert counted is not None
    return Size(transfers, movements, round(landed_seconds, 1), full, day, *counted)


def _build(settings: Settings) -> dict[str, Cost]:
    """Build the cases; by model what it took, and ``all``."""
    with connect(settings, read_only=True) as connection:
        pin = latest(connection)
    costs: dict[str, Cost] = {}

    def watch(event: Event) -> None:
        match event["info"]["name"]:
            case "LogStartLine":
                _forget_peak()
            case "LogModelResult":
                name = event["data"]["node_info"]["node_name"]
                cost = costs[name] = Cost(round(float(event["data"]["execution_time"]), 2), _peak_mb())
                _progress(f"{name}: {cost.seconds} s, {cost.peak_mb:,} MB")

    started = time.perf_counter()
    dbt(settings, pin, settings.home / "dbt", *CASES, on_event=watch)
    seconds = round(time.perf_counter() - started, 1)
    return {"all": Cost(seconds, max(cost.peak_mb for cost in costs.values())), **costs}


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> int:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


def _print(size: Size) -> None:
    print(
        f"\n{size.transfers:,} transfers ({size.movements:,} movements, landed in {size.landed_seconds} s): "
        f"{size.alerts:,} alerts, {size.cases:,} cases, {size.hubs:,} hubs"
    )
    print(f"{'model':<28} {'full, s':>9} {'peak, MB':>9} {'a day, s':>9} {'peak, MB':>9}")
    for name, full in sorted(size.full.items(), key=lambda item: -item[1].seconds):
        day = size.day[name]
        print(f"{name:<28} {full.seconds:>9} {full.peak_mb:>9,} {day.seconds:>9} {day.peak_mb:>9,}")


def _print_growth(smaller: Size, larger: Size) -> None:
    times = larger.transfers / smaller.transfers
    allowed = times * math.log(larger.transfers) / math.log(smaller.transfers)
    print(f"\nfrom {smaller.transfers:,} to {larger.transfers:,}: n log n grows {allowed:.1f} times")
    for name, full in larger.full.items():
        if full.seconds >= LEAST_SECONDS:
            grown = full.seconds / smaller.full[name].seconds
            day = larger.day[name].seconds / smaller.day[name].seconds
            print(f"{name:<28} full {grown:>6.1f}{' !' if grown > allowed else '  '}  a day {day:>6.1f}")


def _progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
