"""The register's events: parties, accounts and ownership as first loaded, and what changes while the bank lives."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl

from simulator import wire
from simulator.business_calendar import DAY_US, BusinessCalendar, to_utc
from simulator.payments import HOUR_US
from simulator.world import World

REVIEWED_A_YEAR = 0.25


def tagged(world: World, tag: str) -> World:
    """The same world with ``tag`` before every identifier, so that two simulations never share one."""

    def mark(column: str) -> pl.Expr:
        return pl.concat_str(pl.lit(f"{tag}-"), column).alias(column)

    roles = (
        pl.col("parties")
        .list.eval(
            pl.struct(
                pl.concat_str(pl.lit(f"{tag}-"), pl.element().struct.field("party_id")).alias("party_id"),
                pl.element().struct.field("role"),
            )
        )
        .alias("parties")
    )
    own = pl.int_range(pl.len()) < world.accounts.height
    return dataclasses.replace(
        world,
        parties=world.parties.with_columns(mark("party_id")),
        accounts=world.accounts.with_columns(mark("account_id"), mark("party_id"), roles),
        ownership=world.ownership.with_columns(mark("entity_id"), mark("owner_id")),
        ends=world.ends.with_columns(
            mark("party_id"), pl.when(own).then(mark("account_id")).otherwise("account_id").alias("account_id")
        ),
    )


class Changes:
    """Messages of bank.parties, bank.accounts and bank.ownership of successive windows of days."""

    def __init__(
        self, rng: np.random.Generator, world: World, first_day: int, last_day: int, calendar: BusinessCalendar
    ) -> None:
        loaded = first_day * DAY_US - 12 * HOUR_US
        parties = self._parties(rng, world, first_day, loaded)
        self._events = {
            "bank.parties": pl.concat([parties, _reviewed(rng, parties, first_day, last_day, calendar)]),
            "bank.accounts": world.accounts.drop("party_id", "branch", "town").with_columns(
                pl.lit("active").alias("status"), _since(world.accounts, first_day, loaded + HOUR_US, 600_000_000)
            ),
            "bank.ownership": world.ownership.with_columns(_since(world.ownership, first_day, loaded + 2 * HOUR_US, 0)),
        }
        self._first = first_day

    def during(self, days: np.ndarray) -> wire.Batch:
        """Messages of ``days`` (consecutive day numbers); the first window takes what was loaded before it."""
        local = pl.col("local_us").floordiv(DAY_US)
        begin = 0 if days[0] == self._first else int(days[0])
        batch = {}
        for topic, events in self._events.items():
            due = events.filter(local.is_between(begin, int(days[-1]))).sort("local_us", maintain_order=True)
            batch[topic] = wire.messages(
                topic,
                due.with_columns(to_utc(pl.col("local_us")).alias("updated_at")).drop(
                    "local_us", "opened_day", "town", "row", "tongue", strict=False
                ),
            )
        return batch

    @staticmethod
    def _parties(rng: np.random.Generator, world: World, first_day: int, loaded: int) -> pl.DataFrame:
        is_customer = pl.int_range(pl.len()) < world.customers
        ago = pl.Series(rng.integers(20, 900, world.parties.height))
        reviewed = pl.max_horizontal(pl.col("opened_day"), pl.lit(first_day) - ago)
        return world.parties.with_columns(
            _since(world.parties, first_day, loaded, 0),
            pl.when(is_customer).then(_as_date(pl.col("opened_day"))).alias("onboarded_on"),
            pl.when(is_customer).then(_as_date(reviewed)).alias("reviewed_on"),
            pl.when(is_customer).then(_as_date(pl.col("opened_day"))).alias("verified_on"),
            pl.concat_str(pl.col("expected_monthly_turnover") // 100, pl.lit(".00")).alias("expected_monthly_turnover"),
            pl.lit("active").alias("status"),
        )


def _since(rows: pl.DataFrame, first_day: int, loaded: int, later: int) -> pl.Expr:
    """When each row became known, on New York's clocks: with the first load, or ``later`` µs past 8 when opened."""
    load = loaded + np.arange(rows.height) * 1000
    if "opened_day" not in rows.columns:
        return pl.lit(pl.Series(load)).alias("local_us")
    opened = rows["opened_day"].to_numpy()
    morning = opened * DAY_US + 8 * HOUR_US + (np.arange(rows.height) % 3600) * 1_000_000 + later
    return pl.lit(pl.Series(np.where(opened > first_day, morning, load))).alias("local_us")


def _as_date(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32).cast(pl.Date)


def _reviewed(
    rng: np.random.Generator, parties: pl.DataFrame, first_day: int, last_day: int, calendar: BusinessCalendar
) -> pl.DataFrame:
    """Due-diligence reviews while the bank lives: the party's whole state again, with the day of its review."""
    span = last_day - first_day + 1
    old = parties.filter(pl.col("onboarded_on").is_not_null() & (pl.col("opened_day") < first_day))
    due = old.filter(pl.Series(rng.random(old.height) < REVIEWED_A_YEAR * span / 365))
    days = np.array(
        [calendar.on_or_before(int(day)) for day in rng.integers(first_day + 1, last_day + 1, due.height)],
        dtype=np.int64,
    )
    days = np.maximum(days, first_day)
    moments = days * DAY_US + 10 * HOUR_US + rng.integers(0, 6 * HOUR_US, due.height)
    return due.with_columns(pl.Series("reviewed_on", days).cast(pl.Int32).cast(pl.Date), pl.Series("local_us", moments))
