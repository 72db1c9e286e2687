"""How many events a second the simulator generates and produces on one core, measured against a real broker.

    python benchmarks/simulate.py --customers 2000 --days 90

The process is held to one core (generation, serialisation and the Kafka client together); the broker runs beside it.
Prints one JSON object: events, seconds and events/s of generating alone, and of generating and producing; the rate per
CPU second is what the one core gives when nothing else wants it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()

    os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is imported, so the imports come below
    from contracts import load
    from local.services import running
    from local.topics import ensure_topics
    from simulator.bank import simulate
    from simulator.producer import produce

    with tempfile.TemporaryDirectory() as home, running(Path(home)) as services:
        ensure_topics(services.bootstrap_servers, dict.fromkeys(load(), 4))
        everywhere = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(everywhere)})
        started = time.perf_counter()
        generated = sum(
            frame.height
            for batch in simulate(arguments.customers, arguments.days, arguments.seed).batches()
            for frame in batch.values()
        )
        generating = time.perf_counter() - started
        started, cpu = time.perf_counter(), time.process_time()
        simulation = simulate(arguments.customers, arguments.days, arguments.seed)
        produced = sum(produce(simulation.batches(), services.bootstrap_servers).values())
        producing, cpu = time.perf_counter() - started, time.process_time() - cpu
        os.sched_setaffinity(0, everywhere)
    if produced != generated:
        raise SystemExit(f"{generated} events generated but {produced} produced")
    print(
        json.dumps(
            {
                "events": produced,
                "generate_seconds": round(generating, 2),
                "generate_per_second": round(generated / generating),
                "generate_and_produce_seconds": round(producing, 2),
                "generate_and_produce_cpu_seconds": round(cpu, 2),
                "generate_and_produce_per_second": round(produced / producing),
                "generate_and_produce_per_cpu_second": round(produced / cpu),
            }
        )
    )


if __name__ == "__main__":
    main()
