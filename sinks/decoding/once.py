"""Values that are costly to make and are kept: each made by one thread, while other threads make or use others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class OnceEach(Generic[T]):
    """A value for each number. What cannot be made is tried again when it is next asked for."""

    def __init__(self) -> None:
        self._made: dict[int, T] = {}
        self._making: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, number: int, make: Callable[[], T]) -> T:
        """The value of ``number``, made by ``make`` if there is none yet; raises what that raises."""
        if number in self._made:
            return self._made[number]
        with self._lock:
            own = self._making.setdefault(number, threading.Lock())
        try:
            with own:
                if number not in self._made:
                    self._made[number] = make()
                return self._made[number]
        finally:
            with self._lock:
                self._making.pop(number, None)
