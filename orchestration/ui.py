"""Dagster's pages on this machine: web server and daemon together, heard on loopback only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from lakehouse.settings import Settings
from orchestration.environment import variables

HOST = "127.0.0.1"
_STOP_SECONDS = 20.0


def command(port: int | None = None) -> list[str]:
    """The command line of web server and daemon; ``port`` is a free one if not given. Run it under
    ``orchestration.environment.variables``."""
    return [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "--module-name",
        "orchestration.definitions",
        "--host",
        HOST,
        "--port",
        str(_free_port() if port is None else port),
    ]


def serve(settings: Settings, port: int | None = None) -> int:
    """Run until Ctrl-C; returns the exit status."""
    process = subprocess.Popen(command(port), env={**os.environ, **variables(settings)})
    try:
        return process.wait()
    except KeyboardInterrupt:
        # A terminal sends Ctrl-C to the whole group, another sender perhaps to this process alone.
        process.send_signal(signal.SIGINT)
        return process.wait(_STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
