"""Faults that really strike: the services of a home killed and started again, by process id."""

import signal
from pathlib import Path

import psutil

from local import processes
from local.kafka import Broker
from local.postgres import Postgres
from local.services import up


def kill_broker(home: Path) -> int:
    """SIGKILL the broker of `home` and return the pid it had."""
    process = _running(Broker(home).process())
    processes.kill(process)
    return process.pid


def stop_postgres_at_once(home: Path) -> int:
    """End PostgreSQL of `home` in immediate mode, as a crash would, and return the pid it had."""
    process = _running(Postgres(home).process())
    processes.stop(process, 30, signal.SIGQUIT)
    return process.pid


def restart_postgres_at_once(home: Path) -> None:
    """End PostgreSQL of `home` in immediate mode (every client is cut off) and wait until it answers again."""
    stop_postgres_at_once(home)
    up(home)


def _running(process: psutil.Process | None) -> psutil.Process:
    assert process is not None, "the service to break does not run"
    return process
