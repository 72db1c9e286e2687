"""What a rewind of everything that has landed costs, beside landing it: time, the switch alone, and the catalog's size.

    python benchmarks/rewind.py [--messages 1000000] [--json]

``switch`` is the one transaction in which the old rows go and the new ones come; sinks that meet it wait for it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from ingest import TOPIC, fill

from contracts import contract_for
from lakehouse.settings import Settings
from local.postgres import Postgres
from local.services import running
from local.topics import ensure_topics
from sinks import Event, SinkConfig, Step, run_until_caught_up
from sinks.rewind import rewind
from sinks.rewind_plan import Wanted

PARTITIONS = 4


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigil-rewind-") as folder:
        report = measure(Path(folder), arguments.messages)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, messages: int) -> dict[str, Any]:
    """Start services in ``home``, land the topic, and rewind all of it."""
    with running(home, progress=lambda line: print(line, file=sys.stderr)) as services:
        ensure_topics(services.bootstrap_servers, {TOPIC: PARTITIONS})
        fill(services.bootstrap_servers, messages, PARTITIONS, 400)
        postgres = Postgres(home)
        postgres.create_database("rewind")
        settings = Settings(
            home=home,
            catalog=postgres.catalog("rewind"),
            data_path=str(home / "rewind"),
            kafka_bootstrap_servers=services.bootstrap_servers,
        )
        config = SinkConfig(topics=(TOPIC,))
        landing = run_until_caught_up(config, settings, contracts={TOPIC: contract_for(TOPIC)})
        assert landing.total.rows == messages
        before = catalog_bytes(settings)
        moments: dict[Step, float] = {}
        began = time.monotonic()

        def observe(event: Event) -> None:
            moments[event.step] = time.monotonic()

        done = rewind(
            config,
            settings,
            Wanted(TOPIC, from_time=datetime(1970, 1, 1)),
            by="benchmark",
            why="to see what it costs",
            observe=observe,
        )
        seconds = time.monotonic() - began
        assert (done.rows_before, done.rows_after) == (messages, messages)
        return {
            "messages": messages,
            "landing_seconds": landing.seconds,
            "rewind_seconds": seconds,
            "of_landing": seconds / landing.seconds,
            "switch_seconds": moments[Step.COMMITTED] - moments[Step.ENCODED],
            "catalog_bytes_a_row": (catalog_bytes(settings) - before) / messages,
        }


def catalog_bytes(settings: Settings) -> int:
    """How large the catalog's database is."""
    assert settings.catalog is not None
    with psycopg.connect(settings.catalog.removeprefix("postgres:")) as connection:
        found = connection.execute("select pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])


def told(report: dict[str, Any]) -> str:
    """The report as lines."""
    return (
        f"{report['messages']:,} messages landed in {report['landing_seconds']:.1f} s, and again by a rewind in "
        f"{report['rewind_seconds']:.1f} s ({report['of_landing']:.2f} times as long).\n"
        f"The switch: {report['switch_seconds']:.1f} s; the catalog: {report['catalog_bytes_a_row']:.0f} bytes a row."
    )


if __name__ == "__main__":
    main()
