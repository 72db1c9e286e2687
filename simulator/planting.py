"""Where and when cases are planted: subjects that are used once, and windows that the simulated days hold whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator import places
from simulator.business_calendar import BusinessCalendar
from simulator.case_book import CaseBook
from simulator.parties import GAP_FIELDS
from simulator.world import World

QUIET_DAYS = 3


@dataclass
class Ground:
    """What planters work with: random numbers, the world, the calendar, the book, and subjects not used yet."""

    rng: np.random.Generator
    world: World
    calendar: BusinessCalendar
    book: CaseBook
    first_day: int
    last_day: int
    unused: list[int]

    def subject(self) -> int:
        """A retail customer with a complete register entry and an account of long standing, used for no other case."""
        return self.unused.pop()

    def someone_outside(self, kind: str = "person") -> int:
        """A counterparty outside the bank, as an end point."""
        group = self.world.outside[kind]
        return int(group[self.rng.integers(len(group))])

    def people_outside(self, count: int, kind: str = "person") -> np.ndarray:
        """Different counterparties outside the bank, as end points, shape (count,)."""
        return self.rng.choice(self.world.outside[kind], size=count, replace=False)

    def hired_hands(self, count: int) -> np.ndarray:
        """Different persons who are no customers, as rows of the parties, shape (count,)."""
        return self.rng.choice(self.world.conductors, size=count, replace=False)

    def begin(self, length: int, not_before: int | None = None) -> int:
        """A business day from which ``length`` calendar days fit into the simulated time, as a day number."""
        lowest = max(self.first_day + QUIET_DAYS, not_before or 0)
        highest = max(lowest, self.last_day - length - 1)
        return self.calendar.on_or_after(int(self.rng.integers(lowest, highest + 1)))

    def business_days(self, begin: int, count: int) -> list[int]:
        """``count`` business days in a row from ``begin`` on."""
        days = [self.calendar.on_or_after(begin)]
        while len(days) < count:
            days.append(self.calendar.add(days[-1], 1))
        return days

    def branches_near(self, town: int, count: int) -> np.ndarray:
        """Different branches, those of ``town`` first, shape (count,)."""
        order = np.argsort(np.abs(places.BRANCH_TOWN - town), kind="stable")
        nearest: np.ndarray = order[:count]
        return nearest


def ground(
    rng: np.random.Generator, world: World, calendar: BusinessCalendar, book: CaseBook, first_day: int, last_day: int
) -> Ground:
    """Ground to plant on: the days of the simulation, subjects shuffled."""
    whole = (
        world.parties.head(world.customers)
        .select(~pl.any_horizontal(pl.col(GAP_FIELDS).is_null()))
        .to_series()
        .to_numpy()
    )
    able = np.flatnonzero(
        (world.segment == "retail") & (world.role == "") & whole & (world.opened[: world.customers] < first_day - 90)
    )
    return Ground(rng, world, calendar, book, first_day, last_day, [int(i) for i in rng.permutation(able)])
