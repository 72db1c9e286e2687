"""The ordinary money life of firms: takings, customers, suppliers, owners' drawings, fees and interest."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator import fx, payments, places
from simulator.business_calendar import BusinessCalendar
from simulator.world import World

BUSINESS_DAYS_A_MONTH = 21


class Businesses:
    """Habits of the bank's firms, drawn once; ``during`` gives their payments and the bank's own charges."""

    def __init__(self, rng: np.random.Generator, world: World, calendar: BusinessCalendar, rates: fx.Rates) -> None:
        self._world, self._calendar, self._rates = world, calendar, rates
        self._small = world.of("small_business")
        self._large = world.of("corporate")
        self._currency_of_end = np.array([fx.CURRENCIES.index(c) for c in world.ends["currency"].to_list()])
        self._branch = places.draw_branches(rng, world.town)
        self._acquirer = world.outside["acquirer"][rng.integers(0, len(world.outside["acquirer"]), world.customers)]

    def during(self, rng: np.random.Generator, days: np.ndarray) -> pl.DataFrame:
        """All payments of ``days`` (consecutive day numbers), in no order."""
        open_days = days[self._calendar.is_open(days)]
        parts = [self._takings(rng, open_days), self._trade(rng, open_days), self._euros(rng, open_days)]
        for day in open_days:
            if self._calendar.is_payday(int(day), 1):
                parts += self._month_end(rng, int(day))
        return pl.concat(parts)

    def _takings(self, rng: np.random.Generator, open_days: np.ndarray) -> pl.DataFrame:
        """Small firms: card takings settled each business day, cash brought to the branch about twice a week."""
        world, count = self._world, len(self._small)
        who, day = np.tile(self._small, len(open_days)), np.repeat(open_days, count)
        dollars = world.income[who] * 0.68 / BUSINESS_DAYS_A_MONTH * rng.lognormal(-0.03, 0.25, len(who))
        settled = payments.frame(
            local_us=payments.at(rng, day, 3.5, 5.5),
            method="credit_transfer",
            channel="system",
            cents=payments.to_cents(dollars),
            debtor=self._acquirer[who],
            creditor=who,
            purpose="MTUP",
            remittance="Card takings",
        )
        which, day = payments.scatter(rng, np.full(count, 0.4), open_days)
        who = self._small[which]
        dollars = world.income[who] * 0.25 / (0.4 * BUSINESS_DAYS_A_MONTH) * rng.lognormal(-0.03, 0.25, len(who))
        cash = payments.frame(
            local_us=payments.at(rng, day, 9.2, 16.8),
            method="cash",
            channel="branch",
            cents=payments.round_notes(dollars, 1),
            creditor=who,
            conductor=world.owner[who],
            branch=self._branch[who],
            remittance="Takings",
        )
        return pl.concat([settled, cash])

    def _trade(self, rng: np.random.Generator, open_days: np.ndarray) -> pl.DataFrame:
        """Invoices received and paid, some across borders in the other side's currency."""
        small, large = self._small, self._large
        return pl.concat(
            [
                self._invoices(rng, open_days, small, 1.2, 0.62, incoming=False, foreign=0.03),
                self._invoices(rng, open_days, large, 4.0, 1.0, incoming=True, foreign=0.15),
                self._invoices(rng, open_days, large, 3.0, 0.5, incoming=False, foreign=0.15),
            ]
        )

    def _invoices(
        self,
        rng: np.random.Generator,
        open_days: np.ndarray,
        firms: np.ndarray,
        per_day: float,
        share: float,
        *,
        incoming: bool,
        foreign: float,
    ) -> pl.DataFrame:
        world = self._world
        which, day = payments.scatter(rng, np.full(len(firms), per_day), open_days)
        firm = firms[which]
        home = world.outside["buyer" if incoming else "supplier"]
        abroad = world.outside["foreign_firm"]
        is_foreign = rng.random(len(firm)) < foreign
        partner = np.where(
            is_foreign, abroad[rng.integers(0, len(abroad), len(firm))], home[rng.integers(0, len(home), len(firm))]
        )
        dollars = world.income[firm] * share / (per_day * BUSINESS_DAYS_A_MONTH) * rng.lognormal(-0.18, 0.6, len(firm))
        currency = self._currency_of_end[partner]
        cents = self._rates.convert(payments.to_cents(dollars), day, np.zeros(len(firm), dtype=np.int64), currency)
        invoice = rng.integers(1000, 99_999, len(firm))
        return payments.frame(
            local_us=payments.at(rng, day, 8.0, 17.5),
            method="credit_transfer",
            channel="online",
            cents=cents,
            currency=currency,
            debtor=partner if incoming else firm,
            creditor=firm if incoming else partner,
            purpose="SUPP",
            remittance=np.array([f"Invoice {number}" for number in invoice], dtype=object),
        )

    def _euros(self, rng: np.random.Generator, open_days: np.ndarray) -> pl.DataFrame:
        """Euro accounts: fed from the customer's dollar account, spent in the euro zone."""
        world = self._world
        holders = np.flatnonzero(world.euro >= 0)
        germans = world.outside["foreign_firm"][
            self._currency_of_end[world.outside["foreign_firm"]] == fx.CURRENCIES.index("EUR")
        ]
        euro = fx.CURRENCIES.index("EUR")
        which, day = payments.scatter(rng, np.full(len(holders), 0.12), open_days)
        who = holders[which]
        cents = payments.to_cents(np.minimum(world.income[who] * 0.03, 9000.0) * rng.lognormal(0.0, 0.4, len(who)))
        feeds = (rng.random(len(who)) < 0.5) | (len(germans) == 0)
        paid = germans[rng.integers(0, max(1, len(germans)), len(who))] if len(germans) else world.euro[who]
        return payments.frame(
            local_us=payments.at(rng, day, 8.0, 17.5),
            method="credit_transfer",
            channel="online",
            cents=cents,
            currency=np.full(len(who), euro),
            debtor=np.where(feeds, who, world.euro[who]),
            creditor=np.where(feeds, world.euro[who], paid),
            remittance=np.where(feeds, "Own funds", "Order").astype(object),
        )

    def _month_end(self, rng: np.random.Generator, day: int) -> list[pl.DataFrame]:
        """Owners' drawings, the bank's fees and interest on savings on the last business day of a month."""
        world = self._world
        outsiders = world.outside["person"]
        owner = world.owner[self._small]
        own = (owner >= 0) & (owner < world.customers)
        payee = np.where(own, owner, outsiders[self._small % len(outsiders)])
        drawings = payments.frame(
            local_us=payments.at(rng, np.full(len(payee), day), 8.0, 12.0),
            method="credit_transfer",
            channel="online",
            cents=payments.to_cents(np.round(world.income[self._small] * 0.14, -1)),
            debtor=self._small,
            creditor=payee,
            purpose="DIVD",
            remittance="Owner's drawing",
        )
        firms = np.flatnonzero(np.isin(world.segment, ("small_business", "corporate")))
        fees = payments.frame(
            local_us=payments.at(rng, np.full(len(firms), day), 21.0, 22.0),
            method="fee",
            channel="system",
            cents=np.full(len(firms), 2500),
            debtor=firms,
            remittance="Monthly account fee",
        )
        savings = world.savings[world.savings >= 0]
        interest = payments.frame(
            local_us=payments.at(rng, np.full(len(savings), day), 22.0, 23.0),
            method="interest",
            channel="system",
            cents=payments.to_cents(rng.uniform(2.0, 40.0, len(savings))),
            creditor=savings,
            remittance="Interest",
        )
        return [drawings, fees, interest]


def openings(rng: np.random.Generator, world: World, first_day: int) -> pl.DataFrame:
    """The balance each account had on the first day, or was opened with; method ``opening``."""
    accounts = len(world.opened)
    base = np.full(accounts, 1500.0)
    base[: world.customers] = world.income * np.where(np.isin(world.segment, ("small_business", "corporate")), 0.5, 1.2)
    old = np.flatnonzero(world.opened <= first_day)
    return payments.frame(
        local_us=payments.at(rng, np.full(len(old), first_day), 0.1, 0.4),
        method="opening",
        channel="system",
        cents=payments.to_cents(base[old] * rng.lognormal(0.0, 0.5, len(old))),
        currency=(world.ends["currency"].head(accounts) == "EUR").to_numpy()[old].astype(np.int64),
        creditor=old,
        remittance="Balance brought forward",
    )
