"""What it costs to seal a topic and to verify its seals, beside landing it and beside reading the same rows.

python benchmarks/seals.py [--messages 1000000] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest import TOPIC, fill

from contracts import contract_for
from lakehouse.attach import connect
from lakehouse.settings import Settings
from local.postgres import Postgres
from local.services import running
from local.topics import ensure_topics
from sinks import SinkConfig, run_until_caught_up
from sinks.seal_verification import verify_seals
from sinks.seals import seal

PARTITIONS = 4


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigil-seals-") as folder:
        report = measure(Path(folder), arguments.messages)
    print(json.dumps(report) if arguments.json else told(report))


def measure(home: Path, messages: int) -> dict[str, Any]:
    """Start services in ``home``, land the topic, read it, seal it and verify its seals."""
    with running(home, progress=lambda line: print(line, file=sys.stderr)) as services:
        ensure_topics(services.bootstrap_servers, {TOPIC: PARTITIONS})
        fill(services.bootstrap_servers, messages, PARTITIONS, 400)
        postgres = Postgres(home)
        postgres.create_database("seals")
        settings = Settings(
            home=home,
            catalog=postgres.catalog("seals"),
            data_path=str(home / "seals"),
            kafka_bootstrap_servers=services.bootstrap_servers,
        )
        contract = contract_for(TOPIC)
        landing = run_until_caught_up(SinkConfig(topics=(TOPIC,)), settings, contracts={TOPIC: contract})
        assert landing.total.rows == messages
        with connect(settings) as connection:
            everything = f"select md5(columns(*)::varchar) from lake.landing.{contract.table}"  # noqa: S608
            connection.execute("create temp view read as " + everything)
            reading = seconds(lambda: connection.execute("select max(columns(*)) from read").fetchall())
            sealing = seconds(lambda: seal(connection, datetime(2026, 1, 1)))
            verifying = seconds(lambda: verify_seals(connection))
            found = verify_seals(connection)
            assert found.seals
            assert not found.broken
        return {
            "messages": messages,
            "seals": found.seals,
            "landing_seconds": landing.seconds,
            "md5_of_each_value_seconds": reading,
            "sealing_seconds": sealing,
            "verifying_seconds": verifying,
            "sealing_of_landing": sealing / landing.seconds,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def told(report: dict[str, Any]) -> str:
    """The report as lines."""
    return (
        f"{report['messages']:,} messages landed in {report['landing_seconds']:.1f} s; {report['seals']} seals made in "
        f"{report['sealing_seconds']:.1f} s ({report['sealing_of_landing']:.2f} times as long), verified in "
        f"{report['verifying_seconds']:.1f} s; an MD5 of each value in SQL takes "
        f"{report['md5_of_each_value_seconds']:.1f} s. Peak memory {report['peak_megabytes']:,.0f} MB."
    )


if __name__ == "__main__":
    main()
