"""Break everything around three sinks for a while, then show that each message landed once.

    python benchmarks/chaos.py --minutes 30 --seed 7 [--rate 500] [--json]

Three Kafka nodes, PostgreSQL, three `vigil sink run`, an idempotent and a transactional producer that know what became
of every message. The faults come in an order and with delays that the seed decides; what they meet is the processes'
affair, among them upkeep. In the end the services are left in peace, the sinks land what is left, and everything that
landed is held against what the producers know, and by `reconcile` against the broker.

Exit code 0: every fault struck, nothing was lost, nothing landed twice, nothing out of order. 1: something did. 2: the
run is void, because a fault never struck. A start takes about half a minute more, the end at most five.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import chaos_disk
import chaos_verdict
from chaos_cluster import Cluster
from chaos_faults import SESSION_SECONDS, Faults, Site, schedule
from chaos_feeds import FEEDS
from chaos_producer import Sent, Stream, Transactions
from chaos_proxy import Proxy
from chaos_sinks import Sinks
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import contracts
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.upkeep import keep_up
from local import signals
from local.ports import LOOPBACK
from local.postgres import Postgres
from local.topics import ensure_topics
from sinks import lag, reconcile
from sinks.clock import utc_now

GROUP = "chaos"
LAKE = "lake"
SINKS = 3
START_SECONDS, DRAIN_SECONDS = 120.0, 300.0
CODES = {"right": 0, "wrong": 1, "void": 2}
BAD = "bad messages"
DISK_FULL = "disk full"
SETTINGS = {
    "group": GROUP,
    "batch_seconds": 0.3,
    "inline_rows": 10,
    # Files are merged and put back while faults strike.
    "upkeep_seconds": 5,
    "kafka.session.timeout.ms": int(SESSION_SECONDS * 1000),
    "kafka.heartbeat.interval.ms": 1_000,
    "kafka.topic.metadata.refresh.interval.ms": 2_000,
}
# What the sinks told of in their logs, for the reader to see what they went through.
TOLD = (
    *("assigned", "revoked", "committed", "conflicted", "repeated", "confirmed", "fenced", "abandoned"),
    *("tended", "untended", "restored"),
)
RECONCILED = ("rows", "dead_letters", "holes", "gaps", "lost", "twice", "strays", "out_of_order")


def main() -> int:
    """Run; see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long faults strike")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=500.0, help="messages a second, transactions aside")
    parser.add_argument(
        "--without", action="append", default=[], metavar="FAULT", help="leave out a fault, by its name"
    )
    parser.add_argument("--home", type=Path, help="keep logs and state in this new folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with signals.raised():
        if arguments.inside is None:
            return outside(arguments)
        report = run(arguments.inside, arguments)
    print(json.dumps(report) if arguments.json else told(report))
    return CODES[report["verdict"]]


def outside(arguments: argparse.Namespace) -> int:
    """Make the folder and the small file system, and run in there, in a process that can be ended as a whole."""
    home = arguments.home or Path(tempfile.mkdtemp(prefix="vigil-chaos-"))
    (home / LAKE).mkdir(parents=True)
    command = [sys.executable, *sys.argv, "--inside", str(home.resolve())]
    try:
        if DISK_FULL not in arguments.without:
            command = chaos_disk.inside(home / LAKE, int(96 + 40 * arguments.minutes), command)
        # Of a session of its own: Ctrl-C is heard here, and passed on once.
        with signals.deferred():
            child = subprocess.Popen(command, start_new_session=True)
        try:
            return child.wait()
        finally:
            with signals.deferred():
                child.terminate()
                child.wait()
    except chaos_disk.NoDisk as error:
        print(f"void: {error}. chaos_disk.py says what it needs; or go --without '{DISK_FULL}'.", file=sys.stderr)
        return CODES["void"]
    finally:
        if arguments.home is None:
            shutil.rmtree(home)


def run(home: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Start everything, break it, leave it in peace, and judge; whatever was started has ended afterwards."""
    with ExitStack() as stack:
        site, settings = start(home, arguments.seed, stack)
        faults = Faults(site)
        if unknown := set(arguments.without) - set(faults.kinds):
            raise SystemExit(f"--without: there is no fault {', '.join(unknown)}; there are {', '.join(faults.kinds)}")
        chosen = [name for name in faults.kinds if name not in arguments.without]
        planned = schedule(arguments.minutes * 60, arguments.seed, chosen)
        sent = site.transactions.sent
        servers = site.cluster.bootstrap_servers
        stream = Stream(servers, FEEDS, sent, arguments.seed, arguments.rate)
        began = time.monotonic()
        struck = Side(stack)
        sending = [struck.begin(stream.run), struck.begin(site.transactions.run)]
        faults.run(planned, struck.stop)
        struck.stop.wait(max(began + arguments.minutes * 60 - time.monotonic(), 0))
        progress("calm: what is left is acknowledged and landed")
        site.proxy.disarm()
        struck.stop.set()
        for each in sending:
            each.result()
        is_drained = drained(settings)
        codes = site.sinks.stop()
        progress("judging")
        with connect(settings) as connection:
            # As the next sink would: one that was killed may have left files to be put back.
            tidied = keep_up(connection, GROUP, utc_now(), keep=timedelta(hours=24))
            found = chaos_verdict.judge(connection, FEEDS, sent)
        topics = [feed.topic for feed in FEEDS]
        reconciled = reconcile(settings, topics)
        times = {name: faults.struck[name] for name in chosen} | {BAD: sent.bad()}
        is_right = chaos_verdict.is_right(found) and is_drained and all(each.exact for each in reconciled)
        is_void = not all(times.values())
        return {
            "verdict": "wrong" if not is_right else "void" if is_void else "right",
            "minutes": arguments.minutes,
            "seed": arguments.seed,
            "planned": len(planned),
            "struck": times,
            "left_out": arguments.without,
            "acknowledged": sent.total(),
            "transactions": {"committed": site.transactions.committed, "aborted": site.transactions.aborted},
            "in_doubt": sum(map(len, sent.unknown)),
            "producer_errors": dict(sent.failures),
            "sinks": {"started": site.sinks.starts, "exit_codes": codes, "ended_by_themselves": dict(site.sinks.ended)},
            "sinks_told": {step: site.sinks.told()[step] for step in TOLD},
            "drained": is_drained,
            "tidied_at_the_end": str(tidied),
            "landed": found,
            "reconciled": {
                "partitions": len(reconciled),
                **{name: sum(getattr(each, name) for each in reconciled) for name in RECONCILED},
            },
        }


def start(home: Path, seed: int, stack: ExitStack) -> tuple[Site, Settings]:
    """Kafka, PostgreSQL, the proxy and the sinks, until each sink has partitions."""
    progress(f"starting in {home}")
    cluster = Cluster(home / "kafka", progress)
    stack.callback(cluster.end)
    postgres = Postgres(home)
    stack.callback(postgres.stop, progress)
    postgres.launch(progress)
    cluster.start(START_SECONDS)
    catalog = postgres.wait_until_ready()
    known = contracts.load()
    ensure_topics(cluster.bootstrap_servers, dict.fromkeys(known, 1) | {f.topic: f.partitions for f in FEEDS})
    settings = Settings(
        home=home,
        catalog=catalog,
        data_path=str(home / LAKE),
        kafka_bootstrap_servers=cluster.bootstrap_servers,
    )
    with connect(settings) as connection:
        prepare(connection, known.values())
    words = conninfo_to_dict(postgres.connection_string())
    proxy = stack.enter_context(Proxy(f"{words['host']}/.s.PGSQL.{words['port']}"))
    through = make_conninfo(
        "", **words | {"host": LOOPBACK, "port": proxy.port, "sslmode": "disable", "gssencmode": "disable"}
    )
    environment = {
        "VIGIL_HOME": str(home),
        "VIGIL_CATALOG": f"postgres:{through}",
        "VIGIL_DATA_PATH": settings.lake_data_path,
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
    }
    options = [part for feed in FEEDS for part in ("--topic", feed.topic)]
    options += [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    sinks = Sinks(SINKS, options, environment, home, static=[0])
    stack.callback(sinks.end)
    Side(stack).begin(sinks.watch)
    until = time.monotonic() + START_SECONDS
    while sinks.told()["assigned"] < SINKS:
        if time.monotonic() > until:
            raise TimeoutError(f"the sinks got no partitions within {START_SECONDS:.0f} s: see their logs in {home}")
        time.sleep(0.2)
    transactions = Transactions(cluster.bootstrap_servers, FEEDS, Sent(FEEDS), seed)
    return Site(cluster, postgres, proxy, sinks, transactions, home / LAKE, FEEDS, GROUP), settings


class Side:
    """Work beside the main thread, until ``stop`` or the end of ``stack``'s block."""

    def __init__(self, stack: ExitStack) -> None:
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor()
        stack.callback(self._pool.shutdown)
        stack.callback(self.stop.set)

    def begin(self, work: Callable[[threading.Event], None]) -> Future[None]:
        """Run ``work`` in a thread."""
        return self._pool.submit(work, self.stop)


def drained(settings: Settings) -> bool:
    """Whether, in time, nothing is left to land."""
    until = time.monotonic() + DRAIN_SECONDS
    while sum(each.lag for each in lag(settings, [feed.topic for feed in FEEDS])):
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def progress(line: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def told(report: dict[str, Any]) -> str:
    """The report for people."""
    parts = {name: value for name, value in report.items() if isinstance(value, dict)}
    lines = [f"{name}: {value}" for name, value in report.items() if name not in parts]
    for name, part in parts.items():
        lines += [f"{name}:", *(f"  {each}: {value}" for each, value in part.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
