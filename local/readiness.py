"""Waiting for a service that was just started."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from local import processes
from local.errors import ServiceTimeout

POLL_SECONDS = 0.05


def answers(
    service: str,
    address: object,
    process: Callable[[], psutil.Process | None],
    is_ready: Callable[[], bool],
    seconds: float,
    *logs: Path,
) -> bool:
    """Wait until `is_ready()`; False when the `process()` of the service has ended before.

    Raises ServiceTimeout, which quotes `logs`, when it does not answer on `address` in `seconds`.
    """
    deadline = time.monotonic() + seconds
    while running := process():
        if is_ready():
            return True
        if time.monotonic() > deadline:
            raise ServiceTimeout(
                f"{service} (pid {running.pid}) did not answer on {address} within {seconds:.0f} s."
                f" Stop it with `vigil down` and start again. {processes.tail(*logs)}"
            )
        time.sleep(POLL_SECONDS)
    return False
