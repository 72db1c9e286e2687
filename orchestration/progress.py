"""Progress of a run that a person waits for: what an op says goes to Dagster's log and to who started the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str], None]
_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def listening(progress: Progress) -> Iterator[None]:
    """What ops tell within the block goes to ``progress`` too; only runs in this process are heard."""
    token = _listener.set(progress)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(message: str) -> None:
    """Tell whoever waits for this run."""
    teller()(message)


def teller() -> Progress:
    """``tell`` for threads that an op starts, which know nothing of the block they were started in."""
    return _listener.get() or (lambda _: None)
