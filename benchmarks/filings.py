"""What making the reports of a day's cash costs, beside lxml's bare validation of the file that comes out.

    python benchmarks/filings.py [--reports 10000] [--rounds 2] [--json]

A lake holds one day with so many reports, and one with a tenth of them; ``reports.generate`` reads a day, makes
FinCEN's batch of it, checks that by rule book and schema, and writes it to an outbox. Then lxml alone parses and
validates the file. Each runs in a process of its own, the two by turns, and the better of the rounds counts. ``peak``
is the most memory that such a process held; how it grows from the smaller day to the larger is what a report costs.

The regulator's schema is not part of this project. Without it (``VIGIL_SCHEMAS``, or ``schemas`` in ``VIGIL_SHARED``)
nothing is compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filings_day import fill
from lxml import etree

from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest, record_build
from local.postgres import Postgres
from reports.filing import generate
from reports.profile import load
from reports.schema import folder

PROFILE = "fincen-ctr"
DAYS = {"tenth": date(2025, 2, 3), "whole": date(2025, 2, 4)}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    schemas = folder(Settings())
    xsd = schemas / load(PROFILE).schema if schemas else None
    if xsd is None or not xsd.is_file():
        sys.exit("the regulator's schema is not on this site: set VIGIL_SCHEMAS, or VIGIL_SHARED; nothing is compared")
    with TemporaryDirectory(prefix="vigil-filings-") as home:
        report = measure(Path(home), xsd, arguments.reports, arguments.rounds)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, xsd: Path, reports: int, rounds: int) -> dict[str, Any]:
    """Fill a lake in ``home`` and file both its days ``rounds`` times."""
    postgres = Postgres(home)
    postgres.launch(lambda _: None)
    try:
        settings = Settings(home=home, catalog=postgres.wait_until_ready(), data_path=str(home / "lake"))
        with connect(settings) as connection:
            prepare(connection, [])
            fill(connection, {DAYS["tenth"]: reports // 10, DAYS["whole"]: reports})
            record_build(connection, latest(connection), datetime(2025, 2, 10))
        return {
            "reports": reports,
            **{name: _day(settings, xsd, day, rounds) for name, day in DAYS.items()},
        }
    finally:
        postgres.stop(lambda _: None)


def _day(settings: Settings, xsd: Path, day: date, rounds: int) -> dict[str, Any]:
    made, bare = [], []
    for number in range(rounds):
        home = settings.home / f"{day}-{number}"
        made.append(_alone(_make, settings.model_copy(update={"home": home}), day))
        (document,) = home.glob("outbox/*/*.xml")
        bare.append(_alone(_validate, document, xsd))
    best, best_bare = min(made), min(bare)
    return {
        "bytes": document.stat().st_size,
        "seconds": best[0],
        "peak_mib": best[1],
        "bare_seconds": best_bare[0],
        "bare_peak_mib": best_bare[1],
        "times_bare": best[0] / best_bare[0],
    }


def _make(settings: Settings, day: date) -> float:
    with connect(settings) as connection:
        began = time.perf_counter()
        filing = generate(connection, settings, day, PROFILE)
        assert filing.validity == "valid"
        return time.perf_counter() - began


def _validate(document: Path, xsd: Path) -> float:
    schema = etree.XMLSchema(etree.parse(str(xsd)))
    began = time.perf_counter()
    assert schema.validate(etree.parse(str(document)))
    return time.perf_counter() - began


def _alone(work: Callable[..., float], *arguments: Any) -> tuple[float, float]:
    """Seconds of ``work`` in a process of its own, and the most MiB that it held."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (work, arguments))


def _measured(work: Callable[..., float], arguments: tuple[Any, ...]) -> tuple[float, float]:
    seconds = work(*arguments)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def told(report: dict[str, Any]) -> str:
    """The report as lines."""
    lines = []
    for name, reports in (("tenth", report["reports"] // 10), ("whole", report["reports"])):
        day = report[name]
        lines.append(
            f"{reports:>7,} reports, {day['bytes'] / 1e6:6.1f} MB: read, made, checked and written in "
            f"{day['seconds']:6.2f} s, peak {day['peak_mib']:5.0f} MiB; bare validation {day['bare_seconds']:6.2f} s, "
            f"peak {day['bare_peak_mib']:5.0f} MiB; {day['times_bare']:.2f} times"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
