"""Posting: payments become movements on the bank's own accounts, one for each side that the bank keeps."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator import fx, places
from simulator.business_calendar import DAY_US, to_utc
from simulator.world import World

RESENT_SHARE = 0.001
REVERSED_SHARE = 0.0005
TRANSACTIONS = "bank.transactions"


class Poster:
    """Posts payments of successive windows; numbers run on from window to window."""

    def __init__(self, world: World, rates: fx.Rates, tag: str) -> None:
        self._world, self._rates, self._tag = world, rates, tag
        self._accounts = world.accounts.height
        self._opened = world.opened
        self._currency = np.array([fx.CURRENCIES.index(c) for c in world.accounts["currency"].to_list()])
        self._next = 1

    def post(self, rng: np.random.Generator, window: pl.DataFrame) -> pl.DataFrame:
        """Movements of the payments of one window; the caller puts them in order of sent_at.

        Columns: the fields of bank.transactions and case_no (-1: ordinary), sent_at (when the message leaves the bank:
        booked_at, for the copy of a movement that is sent twice some time later). Payments on an account before it was
        opened are left out.
        """
        kept = self._once_opened(window).sort("local_us", maintain_order=True)
        numbers = np.arange(self._next, self._next + kept.height)
        self._next += kept.height
        kept = kept.with_columns(
            to_utc(pl.col("local_us")).alias("booked_at"),
            pl.col("local_us").floordiv(DAY_US).alias("day"),
            pl.Series("number", numbers),
        )
        legs = [
            kept.filter(pl.col(side).is_between(0, self._accounts - 1)).with_columns(
                pl.col(side).alias("account"), pl.lit(direction).alias("direction"), pl.lit(order).alias("leg")
            )
            for order, (side, direction) in enumerate((("debtor", "debit"), ("creditor", "credit")))
        ]
        movements = self._described(pl.concat(legs).sort("number", "leg"))
        movements = pl.concat([movements, self._reversals(rng, movements)])
        resent = movements.filter(pl.Series(rng.random(movements.height) < RESENT_SHARE))
        delays = rng.integers(1_000_000, 1_800_000_000, resent.height)
        resent = resent.with_columns(
            pl.col("sent_at") + pl.Series(delays).cast(pl.Duration("us")), pl.lit(-1, dtype=pl.Int64).alias("case_no")
        )
        last = movements["sent_at"].max()
        return pl.concat([movements, resent.filter(pl.col("sent_at") <= last)])

    def _once_opened(self, window: pl.DataFrame) -> pl.DataFrame:
        opened = np.concatenate([self._opened, np.full(self._world.ends.height - self._accounts + 1, -(1 << 30))])
        days = window["local_us"].to_numpy() // DAY_US
        ready = np.ones(window.height, dtype=bool)
        for side in ("debtor", "creditor"):
            ready &= opened[window[side].to_numpy()] <= days  # -1, none, takes the last row
        return window.filter(pl.Series(ready))

    def _described(self, legs: pl.DataFrame) -> pl.DataFrame:
        world = self._world
        account = legs["account"].to_numpy()
        currency = legs["currency"].to_numpy()
        settled = self._rates.convert(
            legs["cents"].to_numpy(), legs["day"].to_numpy(), currency, self._currency[account]
        )
        codes = pl.Series(fx.CURRENCIES)
        conductor = _rows(legs["conductor"])
        branch = _rows(legs["branch"])
        merchant = _rows(legs["creditor"]).set((legs["method"] != "card").fill_null(True), None)
        towns = pl.Series([places.TOWNS[t].name for t in places.BRANCH_TOWN]).gather(branch)
        ids = world.accounts["account_id"].gather(account)
        digits = legs["number"].cast(pl.String).str.zfill(9)
        is_cash = pl.col("method") == "cash"
        described = legs.select(
            pl.concat_str(pl.lit(f"{self._tag}-T"), digits, pl.col("leg").cast(pl.String)).alias("transaction_id"),
            pl.concat_str(pl.lit(f"{self._tag}-E"), digits).alias("end_to_end_id"),
            ids.alias("account_id"),
            "direction",
            "booked_at",
            pl.col("day").cast(pl.Int32).cast(pl.Date).alias("value_date"),
            "method",
            "channel",
            _money(pl.col("cents")).alias("instructed_amount"),
            codes.gather(currency).alias("instructed_currency"),
            _money(pl.lit(pl.Series(settled))).alias("settled_amount"),
            world.accounts["currency"].gather(account).alias("settled_currency"),
            *self._side("debtor", legs["debtor"]),
            *self._side("creditor", legs["creditor"]),
            world.parties["party_id"].gather(conductor).alias("conductor_party_id"),
            world.parties["name"].gather(conductor).alias("conductor_name"),
            pl.Series(places.BRANCH_IDS).gather(branch).alias("branch_id"),
            towns.zip_with(towns.is_not_null(), world.ends["town"].gather(merchant)).alias("place_town"),
            pl.when(towns.is_not_null() | merchant.is_not_null()).then(pl.lit("US")).alias("place_country"),
            pl.when(pl.col("channel").is_in(["online", "mobile"]) & (pl.col("direction") == "debit"))
            .then(pl.concat_str(pl.lit("D"), ids))
            .alias("device_id"),
            _ip_address(account),
            world.ends["mcc"].gather(merchant).alias("merchant_category_code"),
            "purpose",
            pl.col("remittance").alias("remittance_information"),
            pl.lit(None, dtype=pl.String).alias("reversal_of"),
            "case_no",
            pl.col("booked_at").alias("sent_at"),
        )
        # Cash has no account on its other side: whoever stood at the counter paid or was paid.
        return described.with_columns(
            pl.when(is_cash & pl.col(f"{side}_account_id").is_null())
            .then(f"conductor_{field}")
            .otherwise(f"{side}_{field}")
            .alias(f"{side}_{field}")
            for side in ("debtor", "creditor")
            for field in ("name", "party_id")
        ).with_columns(pl.concat_str(pl.lit("K-"), "transaction_id").alias("idempotency_key"))

    def _side(self, side: str, rows: pl.Series) -> list[pl.Series]:
        ends, index = self._world.ends, _rows(rows)
        return [
            ends[column].gather(index).alias(f"{side}_{field}")
            for field, column in (
                ("name", "name"),
                ("party_id", "party_id"),
                ("account_id", "account_id"),
                ("agent", "agent"),
                ("country", "country"),
            )
        ]

    @staticmethod
    def _reversals(rng: np.random.Generator, movements: pl.DataFrame) -> pl.DataFrame:
        """A few card payments and direct debits taken back within two days of being booked."""
        may = movements["method"].is_in(["card", "direct_debit"]) & (movements["direction"] == "debit")
        chosen = movements.filter(may & pl.Series(rng.random(movements.height) < REVERSED_SHARE))
        delays = rng.integers(3_600_000_000, 2 * DAY_US, chosen.height)
        later = pl.col("booked_at") + pl.Series(delays).cast(pl.Duration("us"))
        last = movements["booked_at"].max()
        return (
            chosen.with_columns(
                pl.col("transaction_id").alias("reversal_of"),
                pl.lit("credit").alias("direction"),
                later.alias("booked_at"),
                later.alias("sent_at"),
                later.dt.date().alias("value_date"),
                pl.lit("Reversal").alias("remittance_information"),
                *(
                    pl.concat_str(name, pl.lit("R")).alias(name)
                    for name in ("transaction_id", "end_to_end_id", "idempotency_key")
                ),
            )
            .filter(pl.col("booked_at") <= last)
            .select(movements.columns)
        )


def _ip_address(account: np.ndarray) -> pl.Expr:
    """Where online and mobile payments came from; of one in five the bank keeps no address.

    Addresses are of the ranges kept for documentation (RFC 5737, RFC 3849): one of an account's line, and one of its
    telephone.
    """
    line = pl.lit(pl.Series([f"203.0.113.{row % 250 + 1}" for row in account], dtype=pl.String))
    phone = pl.lit(pl.Series([f"2001:db8:{row % 9973}::{row % 97 + 1}" for row in account], dtype=pl.String))
    kept = (pl.col("number") % 5 != 0) & (pl.col("direction") == "debit")
    return (
        pl.when(kept & (pl.col("channel") == "online"))
        .then(line)
        .when(kept & (pl.col("channel") == "mobile"))
        .then(phone)
        .alias("ip_address")
    )


def _rows(rows: pl.Series) -> pl.Series:
    """Row numbers with null for -1 (none)."""
    return rows.set(rows < 0, None)


def _money(cents: pl.Expr) -> pl.Expr:
    return cents.cast(pl.Decimal(18, 2)) * pl.lit("0.01").cast(pl.Decimal(18, 2))
