"""Signals that ask this process to end, so that no service it just started is left behind."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raised() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP raise SystemExit as SIGINT raises KeyboardInterrupt, so `finally` blocks run.

    Does nothing outside the main thread, where Python delivers no signals.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A handler that the program set itself stays: it knows better how to end.
    replaced = [each for each in ENDING[1:] if signal.getsignal(each) is signal.SIG_DFL]
    for each in replaced:
        signal.signal(each, leave)
    try:
        yield
    finally:
        for each in replaced:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def deferred() -> Iterator[None]:
    """Within, SIGINT, SIGTERM and SIGHUP wait; they are delivered on leaving. Keep the block short.

    For the steps that must not be torn apart: a process is started and its id written down, or services are stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    former = {each: signal.signal(each, lambda number, _frame: waiting.append(number)) for each in ENDING}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
        for number in waiting:
            signal.raise_signal(number)
