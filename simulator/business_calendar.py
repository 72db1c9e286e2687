"""The bank's days: business days of New York, paydays, and local time turned into UTC."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays
import numpy as np
import polars as pl

ZONE = "America/New_York"
EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


@cache
def _holidays(year: int) -> tuple[date, ...]:
    """Federal holidays of a year, as observed."""
    return tuple(sorted(holidays.country_holidays("US", years=year)))


class BusinessCalendar:
    """Business days between two dates (both included), with a margin of 40 days on either side."""

    def __init__(self, first: date, last: date) -> None:
        closed = [day for year in range(first.year - 1, last.year + 2) for day in _holidays(year)]
        self._start = day_number(first) - 40
        days = np.arange(self._start, day_number(last) + 41)
        self._open: np.ndarray = np.is_busday(days.astype("datetime64[D]"), holidays=np.array(closed, "datetime64[D]"))

    def is_open(self, days: np.ndarray) -> np.ndarray:
        """Whether each day number is a business day; same shape as ``days``."""
        opened: np.ndarray = self._open[np.asarray(days) - self._start]
        return opened

    def on_or_before(self, day: int) -> int:
        """The last business day up to and including ``day``."""
        while not self._open[day - self._start]:
            day -= 1
        return day

    def on_or_after(self, day: int) -> int:
        """The first business day from ``day`` on."""
        while not self._open[day - self._start]:
            day += 1
        return day

    def add(self, day: int, count: int) -> int:
        """The ``count``-th business day after ``day``."""
        for _ in range(count):
            day = self.on_or_after(day + 1)
        return day

    def open_days(self, first: int, last: int) -> np.ndarray:
        """The business days of [first, last] as day numbers."""
        days = np.arange(first, last + 1)
        opened: np.ndarray = days[self.is_open(days)]
        return opened

    def is_payday(self, day: int, kind: int) -> bool:
        """Whether ``day`` is payday: kind 0 the 25th, kind 1 the last of the month, or the business day before it."""
        today = day_of(day)
        following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        nominal = today.replace(day=25) if kind == 0 else following - timedelta(days=1)
        return self.on_or_before(day_number(nominal)) == day

    def is_rent_day(self, day: int) -> bool:
        """Whether ``day`` is the first business day of its month."""
        return self.on_or_after(day_number(day_of(day).replace(day=1))) == day


def to_utc(local_us: pl.Expr) -> pl.Expr:
    """Microseconds since the epoch on New York's clocks → naive UTC; an hour that comes twice is its first."""
    return (
        local_us.cast(pl.Datetime("us"))
        .dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )
