"""The ordinary money life of persons: pay, rent, bills, cards, cash, family and savings."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator import fx, payments, places
from simulator.business_calendar import BusinessCalendar, day_of
from simulator.outside import MERCHANT_KINDS
from simulator.world import World

BILL_DAYS = (5, 12, 18)


class Households:
    """Habits of the bank's natural persons, drawn once; ``during`` gives their payments of some days."""

    def __init__(self, rng: np.random.Generator, world: World, calendar: BusinessCalendar, rates: fx.Rates) -> None:
        self._world, self._calendar, self._rates = world, calendar, rates
        people = np.flatnonzero(np.isin(world.segment, ("retail", "student", "private")))
        count = len(people)
        self._people, self._student = people, world.segment[people] == "student"
        employers = world.outside["employer"][rng.integers(0, len(world.outside["employer"]), count)]
        firms = np.flatnonzero(world.segment == "corporate")
        at_customer = (rng.random(count) < 0.35) & (world.segment[people] == "retail")
        self._employer = np.where(at_customer, firms[rng.integers(0, len(firms), count)], employers)
        self._payday = rng.integers(0, 2, count)
        self._rents = rng.random(count) < np.where(self._student, 0.4, 0.65)
        self._landlord = world.outside["landlord"][rng.integers(0, len(world.outside["landlord"]), count)]
        self._bills = world.outside["utility"][rng.integers(0, len(world.outside["utility"]), (len(BILL_DAYS), count))]
        neighbours = people[rng.integers(0, count, count)]
        outsiders = world.outside["person"][rng.integers(0, len(world.outside["person"]), count)]
        self._family = np.where((rng.random(count) < 0.5) & (neighbours != people), neighbours, outsiders)
        self._parent = world.outside["person"][rng.integers(0, len(world.outside["person"]), count)]
        self._sends_home = rng.random(count) < 0.06
        self._home = world.outside["foreign_person"][rng.integers(0, len(world.outside["foreign_person"]), count)]
        codes = world.ends["mcc"].gather(world.outside["merchant"]).to_list()
        self._ticket = np.array([MERCHANT_KINDS[code][1] / 1000 for code in codes])
        self._currency_of_end = np.array([fx.CURRENCIES.index(c) for c in world.ends["currency"].to_list()])

    def during(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        """All payments of ``days`` (consecutive day numbers), in no order."""
        parts = [
            self._cards(rng, days),
            self._cash(rng, days),
            self._family_transfers(rng, days),
            self._remittances(rng, days),
        ]
        for day in days[self._calendar.is_open(days)]:
            parts += self._due(rng, int(day))
        return pl.concat(parts)

    def _due(self, rng: np.random.Generator, day: int) -> list[pl.DataFrame]:
        """What falls due on one business day."""
        world, people, income = self._world, self._people, self._world.income[self._people]
        parts = []
        for kind in (0, 1):
            if self._calendar.is_payday(day, kind):
                paid = (self._payday == kind) & ~(self._student & (people % 2 == 0))
                wages = payments.to_cents(income[paid] * rng.normal(1.0, 0.01, int(paid.sum())))
                parts.append(
                    self._transfer(rng, day, self._employer[paid], people[paid], wages, "SALA", "Salary", (4.0, 6.0))
                )
        if self._calendar.is_rent_day(day):
            rent = self._rents
            cents = payments.to_cents(np.round(income[rent] * 0.27, -1))
            parts.append(
                self._transfer(rng, day, people[rent], self._landlord[rent], cents, "RENT", "Rent", (5.0, 9.0))
            )
            supported = self._student & (world.role[people] == "")
            cents = payments.to_cents(np.round(rng.uniform(350, 900, int(supported.sum())), -1))
            parts.append(
                self._transfer(
                    rng, day, self._parent[supported], people[supported], cents, "FAMI", "For this month", (8.0, 20.0)
                )
            )
        if self._calendar.on_or_before(day) == day and day == self._third_business_day(day):
            saves = world.savings[people] >= 0
            cents = payments.to_cents(np.round(income[saves] * 0.08, -1))
            savings = world.savings[people][saves]
            parts.append(
                self._transfer(rng, day, people[saves], savings, cents, "SAVG", "Standing order savings", (5.0, 8.0))
            )
        for number, nominal in enumerate(BILL_DAYS):
            if self._falls_on(day, nominal):
                cents = payments.to_cents(income * rng.uniform(0.012, 0.035, len(people)))
                parts.append(
                    payments.frame(
                        local_us=payments.at(rng, np.full(len(people), day), 3.5, 6.0),
                        method="direct_debit",
                        channel="system",
                        cents=cents,
                        debtor=people,
                        creditor=self._bills[number],
                        purpose="UBIL",
                        remittance="Monthly bill",
                    )
                )
        return parts

    def _falls_on(self, day: int, nominal: int) -> bool:
        """Whether ``day`` is the first business day on or after the ``nominal`` day of its month."""
        first = day - day_of(day).day + 1
        return self._calendar.on_or_after(first + nominal - 1) == day

    def _third_business_day(self, day: int) -> int:
        first = day - day_of(day).day + 1
        return self._calendar.add(self._calendar.on_or_after(first), 2)

    @staticmethod
    def _transfer(
        rng: np.random.Generator,
        day: int,
        debtor: np.ndarray,
        creditor: np.ndarray,
        cents: np.ndarray,
        purpose: str,
        text: str,
        hours: tuple[float, float],
    ) -> pl.DataFrame:
        moments = payments.at(rng, np.full(len(cents), day), *hours)
        return payments.frame(
            local_us=moments,
            method="credit_transfer",
            channel="online",
            cents=cents,
            debtor=debtor,
            creditor=creditor,
            purpose=purpose,
            remittance=text,
        )

    def _cards(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        merchants = self._world.outside["merchant"]
        weekend = np.isin((days + 3) % 7, (5, 6))  # day 0 was a Thursday
        who, day = payments.scatter(rng, np.where(self._student, 0.8, 1.05), days, np.where(weekend, 1.3, 1.0))
        usual = (self._people[who] * 2_654_435_761 + rng.integers(0, 6, len(who)) * 40_503) % len(merchants)
        pick = np.where(rng.random(len(who)) < 0.65, usual, rng.integers(0, len(merchants), len(who)))
        dollars = self._world.income[self._people[who]] * self._ticket[pick] * rng.lognormal(-0.18, 0.6, len(who))
        return payments.frame(
            local_us=payments.at(rng, day, 7.0, 22.5),
            method="card",
            channel="pos",
            cents=payments.to_cents(dollars),
            debtor=self._people[who],
            creditor=merchants[pick],
        )

    def _cash(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        who, day = payments.scatter(rng, np.where(self._student, 0.04, 0.07), days)
        drawers = self._people[who]
        drawn = payments.frame(
            local_us=payments.at(rng, day, 6.5, 23.0),
            method="cash",
            channel="atm",
            cents=payments.round_notes(rng.gamma(2.0, 60.0, len(who)) + 20),
            debtor=drawers,
            conductor=drawers,
            branch=places.draw_branches(rng, self._world.town[drawers]),
        )
        open_days = days[self._calendar.is_open(days)]
        who, day = payments.scatter(rng, np.full(len(self._people), 0.006), open_days)
        givers = self._people[who]
        paid_in = payments.frame(
            local_us=payments.at(rng, day, 9.0, 16.8),
            method="cash",
            channel="branch",
            cents=payments.round_notes(rng.gamma(2.0, 140.0, len(who)) + 40),
            creditor=givers,
            conductor=givers,
            branch=places.draw_branches(rng, self._world.town[givers]),
        )
        return pl.concat([drawn, paid_in])

    def _family_transfers(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        who, day = payments.scatter(rng, np.full(len(self._people), 0.05), days)
        dollars = np.minimum(rng.gamma(1.5, 60.0, len(who)) + 10, self._world.income[self._people[who]] * 0.1)
        texts = np.array(("Dinner", "For the trip", "Birthday", "Thanks", "Groceries share"), dtype=object)
        return payments.frame(
            local_us=payments.at(rng, day, 7.5, 23.0),
            method="credit_transfer",
            channel="mobile",
            cents=payments.to_cents(dollars),
            debtor=self._people[who],
            creditor=self._family[who],
            remittance=texts[rng.integers(0, len(texts), len(who))],
        )

    def _remittances(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        who, day = payments.scatter(rng, np.where(self._sends_home, 2 / 30, 0.0), days)
        dollars = payments.to_cents(self._world.income[self._people[who]] * rng.uniform(0.03, 0.08, len(who)))
        currency = self._currency_of_end[self._home[who]]
        return payments.frame(
            local_us=payments.at(rng, day, 8.0, 22.0),
            method="credit_transfer",
            channel="mobile",
            cents=self._rates.convert(dollars, day, np.zeros(len(who), dtype=np.int64), currency),
            currency=currency,
            debtor=self._people[who],
            creditor=self._home[who],
            purpose="FAMI",
            remittance="Family support",
        )
