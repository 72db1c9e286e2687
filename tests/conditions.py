"""Waiting for something to become true, instead of sleeping for as long as it might take."""

import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.02


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Return as soon as `condition()` is true; fail the test, saying `what` was awaited, after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
        pause.wait(POLL_SECONDS)
