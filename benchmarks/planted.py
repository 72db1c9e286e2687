"""What the scenarios find of the cases planted in simulated banks, over many seeds, with confidence intervals.

    python -m benchmarks.planted [--seeds 20] [--customers 1000] [--days 60] [--json]

Banks of the seeds 1, 2, … are simulated, produced to Kafka, landed and built in one lake. By typology: how many of the
planted cases its own scenario found and how many any did, how many of the innocent look-alikes were named by any, and
by scenario how many alerts have no movement of a planted case in evidence. Intervals are Wilson's, 95 %. It is run as a
module, because in this folder ``detection`` is another benchmark and not the package.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import NormalDist

import contracts
from detection.planted import Found, planted_found
from lakehouse.attach import connect
from lakehouse.build import dbt
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest
from local.services import running
from local.topics import ensure_topics
from simulator.bank import read_truth, simulate
from simulator.producer import produce
from sinks import SinkConfig, run_until_caught_up

ALERTS = ("build", "--select", "+alerts", "--exclude-resource-types", "test", "unit_test")
Z = NormalDist().inv_cdf(0.975)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigil-planted-") as folder:
        found = _found(Path(folder), arguments)
    if arguments.json:
        print(json.dumps([asdict(each) for each in found]))
        return
    bank_months = arguments.seeds * arguments.customers / 1000 * arguments.days / 30
    print(f"{arguments.seeds} banks of {arguments.customers} customers over {arguments.days} days")
    print(f"{'':<24}{'found by its scenario':>28}{'found by any':>28}{'look-alikes named':>28}{'false alerts*':>14}")
    for each in found:
        print(
            f"{each.scenario:<24}{_share(each.found, each.planted):>28}{_share(each.found_by_any, each.planted):>28}"
            f"{_share(each.lookalikes_alerted, each.lookalikes):>28}{each.false_alerts / bank_months:>14.2f}"
        )
    print("* a month and thousand customers")


def _found(home: Path, arguments: argparse.Namespace) -> list[Found]:
    with running(home, progress=_progress) as services:
        ensure_topics(services.bootstrap_servers, dict.fromkeys(contracts.load(), 4))
        for seed in range(1, arguments.seeds + 1):
            _progress(f"bank {seed}")
            simulation = simulate(arguments.customers, arguments.days, seed)
            produce(simulation.batches(), services.bootstrap_servers)
            simulation.write_truth(home)
        settings = Settings(home=home, catalog=services.catalog, kafka_bootstrap_servers=services.bootstrap_servers)
        with connect(settings) as connection:
            prepare(connection, contracts.load().values())
        _progress("landing")
        run_until_caught_up(SinkConfig(), settings)
        with connect(settings, read_only=True) as connection:
            pin = latest(connection)
        _progress("building the alerts")
        dbt(settings, pin, home / "dbt", *ALERTS)
        with connect(settings, read_only=True) as connection:
            return planted_found(connection, read_truth(home))


def _share(hits: int, of: int) -> str:
    """``hits`` of ``of``, and Wilson's interval of the share."""
    if not of:
        return "–"
    share, weight = hits / of, Z**2 / of
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * ((share * (1 - share) + weight / 4) / of) ** 0.5
    return f"{hits}/{of} ({max(0.0, middle - half):.2f}–{min(1.0, middle + half):.2f})"


def _progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
