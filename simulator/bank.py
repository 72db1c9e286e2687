"""A bank that lives: register, ordinary life and planted cases of some days, as messages for its topics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from simulator import register, wire, world
from simulator.business_calendar import BusinessCalendar, day_number
from simulator.businesses import Businesses, openings
from simulator.case_book import CaseBook
from simulator.errors import OutOfRange, SimulatorError
from simulator.exempting import exempt
from simulator.fx import Rates
from simulator.households import Households
from simulator.lookalikes import LOOKALIKES
from simulator.planting import Ground, ground
from simulator.posting import TRANSACTIONS, Poster
from simulator.typologies import PLANTERS

START = date(2025, 1, 1)
MINIMUM_DAYS = 35  # holds a rent day and a payday wherever it begins
CUSTOMERS_A_CASE = 250
# Customer-days generated at a time: about 300,000 movements, which bounds memory to about a gigabyte.
WINDOW_CUSTOMER_DAYS = 150_000


class Simulation:
    """A simulated bank. ``batches`` may be taken once; ``truth`` is known when it has been taken to its end."""

    def __init__(self, customers: int, days: int, seed: int, start: date) -> None:
        if customers < world.MINIMUM_CUSTOMERS or days < MINIMUM_DAYS:
            raise OutOfRange(
                f"{customers} customers over {days} days cannot hold every typology; take at least"
                f" {world.MINIMUM_CUSTOMERS} customers and {MINIMUM_DAYS} days"
            )
        self.customers, self.days, self.seed, self.start = customers, days, seed, start
        self.tag = hashlib.sha256(f"{customers} {days} {seed} {start}".encode()).hexdigest()[:5]
        self._first, self._last = day_number(start), day_number(start) + days - 1
        # Cases may end, and accounts be opened, some days past the last one.
        self._calendar = BusinessCalendar(start, start + timedelta(days=days))
        self._rates = Rates(self._stream(0), self._calendar, start, start + timedelta(days=days + 40))
        cases = max(2, round(customers / CUSTOMERS_A_CASE))
        self._world = register.tagged(
            world.build(self._stream(1), customers, cases, start, days, self._calendar), self.tag
        )
        self._book = CaseBook()
        self._plant(cases)
        self._truth: pl.DataFrame | None = None

    def batches(self) -> Iterator[wire.Batch]:
        """Messages by topic, window by window, each topic in order of time over all windows."""
        window = max(1, WINDOW_CUSTOMER_DAYS // self.customers)
        households = Households(self._stream(3), self._world, self._calendar, self._rates)
        businesses = Businesses(self._stream(4), self._world, self._calendar, self._rates)
        poster = Poster(self._world, self._rates, self.tag)
        changes = register.Changes(self._stream(5), self._world, self._first, self._last, self._calendar)
        planted: list[pl.DataFrame] = []
        for begin in range(self._first, self._last + 1, window):
            days = np.arange(begin, min(begin + window, self._last + 1))
            rng = self._stream(6, begin - self._first)
            parts = [households.during(rng, days), businesses.during(rng, days), self._book.payments_of(days)]
            if begin == self._first:
                parts.insert(0, openings(rng, self._world, self._first))
            movements = poster.post(rng, pl.concat(parts))
            planted.append(
                movements.filter(pl.col("case_no") > 0).select("case_no", "transaction_id", "account_id", "booked_at")
            )
            since = self._rates.lead_day if begin == self._first else begin
            yield {
                **changes.during(days),
                "reference.fx-rates": wire.messages("reference.fx-rates", self._rates.events(since, int(days[-1]))),
                TRANSACTIONS: wire.messages(TRANSACTIONS, movements.drop("case_no", "sent_at"))
                .with_columns(movements["sent_at"])
                .sort("sent_at", maintain_order=True)
                .select("key", "value", pl.col("sent_at").dt.epoch("ms").alias("timestamp")),
            }
        self._truth = self._book.truth(
            pl.concat(planted), self._world.parties["party_id"], self._world.accounts["account_id"]
        )

    def exemptions(self) -> list[dict[str, Any]]:
        """What officers did to exempt a customer from reports of cash, as events of compliance.exemptions."""
        return exempt(self._world, self.start)

    @property
    def truth(self) -> pl.DataFrame:
        """One row a planted case (columns: ``case_book.TRUTH_SCHEMA``).

        Raises:
            SimulatorError: ``batches`` was not taken to its end.
        """
        if self._truth is None:
            raise SimulatorError("the truth is known after the last batch; take all of Simulation.batches() first")
        return self._truth

    def truth_path(self, home: Path) -> Path:
        """Where this bank's truth lies under ``home`` once it was produced."""
        return home / "truth" / f"bank-{self.tag}.parquet"

    def write_truth(self, home: Path) -> Path:
        """Write the truth to ``<home>/truth/bank-<tag>.parquet`` and return the path."""
        path = self.truth_path(home)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.truth.write_parquet(path)
        return path

    def _stream(self, *purpose: int) -> np.random.Generator:
        """Random numbers of one purpose, so that a change in one part of the bank leaves the others as they are."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, *purpose])))

    def _plant(self, cases: int) -> None:
        site: Ground = ground(self._stream(2), self._world, self._calendar, self._book, self._first, self._last)
        for planter in (*PLANTERS, *LOOKALIKES):
            for number in range(cases):
                planter(site, number)


def simulate(customers: int, days: int, seed: int, start: date = START) -> Simulation:
    """A bank of ``customers`` over ``days`` from ``start``; the same arguments give the same messages, byte for byte.

    Raises:
        OutOfRange: too few customers or days to plant every typology.
    """
    return Simulation(customers, days, seed, start)


def read_truth(home: Path) -> pl.DataFrame:
    """The planted cases of every simulation whose truth lies under ``home``, with a column ``tag``.

    Raises:
        SimulatorError: there is none.
    """
    paths = sorted((home / "truth").glob("bank-*.parquet"))
    if not paths:
        raise SimulatorError(
            f"{home / 'truth'} holds no bank-*.parquet; run `vigil simulate` with this VIGIL_HOME first"
        )
    return pl.concat(
        pl.read_parquet(path).with_columns(pl.lit(path.stem.removeprefix("bank-")).alias("tag")) for path in paths
    )
