"""A published log of transfers as events of our own topics: register, opening balances, both sides of each transfer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from simulator import parties, places, wire
from simulator.business_calendar import DAY_US, day_number, day_of, to_utc
from simulator.outside import OWN_BANK
from simulator.payments import HOUR_US

TRANSACTIONS = "bank.transactions"
MOVEMENTS_AT_A_TIME = 150_000
ACCOUNT_AGE_DAYS = 400
PLACEHOLDER_PERSON = "Placeholder person"
PLACEHOLDER_FUNDS = "placeholder, the published data tell none"
_NOT_LATIN = r"[^\p{Latin} '-]"
_SHUFFLE_SEED = 20_250_101


@dataclass(frozen=True)
class TransferLog:
    """A published log, read and named in our words.

    ``accounts``: number, town (index into ``places.TOWNS``), age (years), turnover (dollars a month), is_labelled.
    ``transfers``: record_type and step as in the file, amount (dollars, float), debtor and creditor (account numbers,
    null where it lies outside the bank), is_opening, is_labelled, pattern_id.
    """

    name: str
    accounts: pl.DataFrame
    transfers: pl.DataFrame


@dataclass
class Replay:
    """A log as messages. ``batches`` may be taken once; ``summary`` counts what it gave so far."""

    log: TransferLog
    start: date
    _counted: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._posted = _dated(self.log.transfers, self.start)

    @property
    def name(self) -> str:
        """What every identifier begins with."""
        return self.log.name

    def batches(self) -> Iterator[wire.Batch]:
        """Messages by topic, in order of time."""
        yield self._register()
        for chunk in self._posted.sort("number").iter_slices(MOVEMENTS_AT_A_TIME):
            movements = self._movements(chunk)
            self._counted.append(chunk.group_by("record_type").agg(pl.len().alias("records"), pl.col("cents").sum()))
            yield {TRANSACTIONS: wire.messages(TRANSACTIONS, movements)}

    @property
    def summary(self) -> dict[str, dict[str, int | Decimal]]:
        """For each record type of the file: how many records were given out (by end_to_end_id) and their sum."""
        if not self._counted:
            return {}
        totals = pl.concat(self._counted).group_by("record_type").agg(pl.col("records", "cents").sum())
        return {
            kind: {"records": records, "sum": Decimal(cents).scaleb(-2)}
            for kind, records, cents in totals.sort("record_type").iter_rows()
        }

    def truth(self) -> pl.DataFrame:
        """The labels, none of which is in any event.

        One row an account (kind ``account``: account_id, party_id, is_labelled) or transfer (kind ``transfer``:
        end_to_end_id, debtor_account_id, creditor_account_id, record_type, step, amount, is_labelled, pattern_id).
        """
        accounts = self.log.accounts.select(
            pl.lit("account").alias("kind"),
            self._account_id("number").alias("account_id"),
            self._party_id("number").alias("party_id"),
            "is_labelled",
        )
        transfers = self._posted.select(
            pl.lit("transfer").alias("kind"),
            self._end_to_end_id().alias("end_to_end_id"),
            self._account_id("debtor").alias("debtor_account_id"),
            self._account_id("creditor").alias("creditor_account_id"),
            "record_type",
            "step",
            _money(pl.col("cents")).alias("amount"),
            "is_labelled",
            "pattern_id",
        )
        return pl.concat([accounts, transfers], how="diagonal")

    def write_truth(self, home: Path) -> Path:
        """Write the truth to ``<home>/truth/<name>.parquet`` and return the path."""
        path = home / "truth" / f"{self.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.truth().write_parquet(path)
        return path

    def _account_id(self, column: str) -> pl.Expr:
        return pl.concat_str(pl.lit(f"{self.name}-"), column)

    def _party_id(self, column: str) -> pl.Expr:
        return pl.concat_str(pl.lit(f"{self.name}-P"), column)

    def _end_to_end_id(self) -> pl.Expr:
        return pl.concat_str(pl.lit(f"{self.name}-E"), pl.col("number").cast(pl.String).str.zfill(9))

    @cached_property
    def _holders(self) -> pl.DataFrame:
        """Account number, name and party of every account; the log has no names, so they are drawn as for the bank.

        What a log does not know is in two fields said in words, so that each filing about these persons says it too.
        All names are in Latin letters: no regulator shall refuse a filing for the script of a name that we made up.
        """
        accounts = self.log.accounts
        rng = np.random.Generator(np.random.PCG64(_SHUFFLE_SEED))
        persons = parties.natural_persons(
            rng, accounts.height, self.start, towns=accounts["town"].to_numpy(), ages=accounts["age"].to_numpy()
        )
        latin = persons.filter(~pl.col("name").str.contains(_NOT_LATIN)).select(
            "name", "first_name", "last_name", "gender"
        )
        persons = persons.with_columns(latin[np.arange(persons.height) % latin.height])
        # To the cent: rounded to dollars, half of all salaries exceed what was declared.
        turnover = accounts.select(_money((pl.col("turnover") * 100).round().cast(pl.Int64))).to_series()
        return persons.drop("tongue", "town", strict=False).with_columns(
            accounts["number"],
            accounts["town"],
            turnover.alias("expected_monthly_turnover"),
            pl.lit(PLACEHOLDER_PERSON).alias("occupation"),
            pl.lit(PLACEHOLDER_FUNDS).alias("source_of_funds"),
        )

    def _register(self) -> wire.Batch:
        holders = self._holders
        opened = day_number(self.start) - ACCOUNT_AGE_DAYS
        loaded = pl.lit(day_number(self.start) * DAY_US - 12 * HOUR_US) + pl.int_range(pl.len()) * 1000
        people = holders.drop("number", "town").with_columns(
            holders.select(self._party_id("number").alias("party_id")).to_series(),
            pl.lit("retail").alias("segment"),
            pl.lit(day_of(opened)).alias("onboarded_on"),
            pl.lit(day_of(opened)).alias("reviewed_on"),
            pl.lit("active").alias("status"),
            to_utc(loaded).alias("updated_at"),
        )
        main_branch = np.searchsorted(places.BRANCH_TOWN, holders["town"].to_numpy())
        accounts = holders.select(
            self._account_id("number").alias("account_id"),
            pl.concat_str(pl.lit("55"), pl.col("number").cast(pl.String).str.zfill(8)).alias("account_number"),
            pl.col("name").alias("account_name"),
            pl.lit("current").alias("account_type"),
            pl.lit("USD").alias("currency"),
            pl.Series("branch_id", [places.BRANCH_IDS[branch] for branch in main_branch]),
            pl.lit(day_of(opened)).alias("opened_on"),
            pl.lit("active").alias("status"),
            pl.lit("Payments").alias("purpose"),
            pl.concat_list(pl.struct(self._party_id("number").alias("party_id"), pl.lit("holder").alias("role"))).alias(
                "parties"
            ),
            to_utc(loaded + HOUR_US).alias("updated_at"),
        )
        return {
            "bank.parties": wire.messages("bank.parties", people),
            "bank.accounts": wire.messages("bank.accounts", accounts),
        }

    def _movements(self, transfers: pl.DataFrame) -> pl.DataFrame:
        named = self._holders.select(pl.col("number").cast(pl.Int64), "name")
        sides = transfers
        for side in ("debtor", "creditor"):
            sides = sides.join(named.rename({"number": side, "name": f"{side}_name"}), on=side, how="left")
        legs = [
            sides.filter(pl.col(side).is_not_null()).with_columns(
                pl.lit(direction).alias("direction"),
                pl.lit(leg).alias("leg"),
                self._account_id(side).alias("account_id"),
            )
            for leg, side, direction in ((0, "debtor", "debit"), (1, "creditor", "credit"))
        ]
        digits = pl.col("number").cast(pl.String).str.zfill(9)
        transaction_id = pl.concat_str(pl.lit(f"{self.name}-T"), digits, pl.col("leg").cast(pl.String))
        outside = {"debtor": "Source outside the bank", "creditor": "Payee outside the bank"}
        return (
            pl.concat(legs)
            .sort("number", "leg")
            .select(
                transaction_id.alias("transaction_id"),
                transaction_id.alias("idempotency_key"),
                self._end_to_end_id().alias("end_to_end_id"),
                "account_id",
                "direction",
                "booked_at",
                pl.col("day").cast(pl.Int32).cast(pl.Date).alias("value_date"),
                pl.when("is_opening").then(pl.lit("opening")).otherwise(pl.lit("credit_transfer")).alias("method"),
                pl.when("is_opening").then(pl.lit("system")).otherwise(pl.lit("online")).alias("channel"),
                *(_money(pl.col("cents")).alias(f"{kind}_amount") for kind in ("instructed", "settled")),
                *(pl.lit("USD").alias(f"{kind}_currency") for kind in ("instructed", "settled")),
                *(
                    column
                    for side, stranger in outside.items()
                    for column in (
                        pl.when("is_opening" if side == "debtor" else pl.lit(False))
                        .then(None)
                        .otherwise(pl.col(f"{side}_name").fill_null(stranger))
                        .alias(f"{side}_name"),
                        self._party_id(side).alias(f"{side}_party_id"),
                        self._account_id(side).alias(f"{side}_account_id"),
                        pl.when(pl.col(side).is_not_null()).then(pl.lit(OWN_BANK)).alias(f"{side}_agent"),
                        pl.when(pl.col(side).is_not_null()).then(pl.lit("US")).alias(f"{side}_country"),
                    )
                ),
            )
        )


def to_cents(amounts: pl.Series) -> pl.Series:
    """Dollars (float) as whole cents whose sum is the amounts' sum to the cent (method of largest remainder).

    Published logs hold fractions of a cent. Rounded one by one, 100,000 amounts miss their sum by about a dollar; here
    each is within one cent of the file's and nearly all are the nearest.
    """
    exact = amounts.to_numpy() * 100.0
    floors = np.floor(exact + 1e-7)
    missing = round(math.fsum(amounts.to_list()) * 100.0) - int(floors.sum())
    cents = floors.astype(np.int64)
    if missing > 0:
        cents[np.argsort(floors - exact, kind="stable")[:missing]] += 1
    return pl.Series("cents", cents)


def _dated(transfers: pl.DataFrame, start: date) -> pl.DataFrame:
    """Transfers with cents, day, booked_at and a number in order of time.

    Within its day a transfer gets a random time, after all openings: the file's order inside a step is not kept, since
    one of the files writes the labelled transfers last.
    """
    rng = np.random.Generator(np.random.PCG64(_SHUFFLE_SEED))
    moment = 6 * HOUR_US + (rng.random(transfers.height) * 16 * HOUR_US).astype(np.int64)
    kinds = ["record_type", pl.col("debtor").is_null().alias("_in"), pl.col("creditor").is_null().alias("_out")]
    cents = pl.Series("cents", np.zeros(transfers.height, dtype=np.int64))
    marked = transfers.with_row_index("_row").with_columns(kinds)
    for group in marked.partition_by("record_type", "_in", "_out"):
        cents = cents.scatter(group["_row"], to_cents(group["amount"]))
    return (
        transfers.with_columns(
            cents,
            (pl.col("step") + day_number(start)).cast(pl.Int64).alias("day"),
            pl.Series("_moment", moment),
        )
        .with_columns(
            (
                pl.col("day") * DAY_US
                + pl.when("is_opening").then(pl.col("_moment").floordiv(1000)).otherwise("_moment")
            ).alias("_local")
        )
        .sort("_local", maintain_order=True)
        .with_columns(to_utc(pl.col("_local")).alias("booked_at"), pl.int_range(1, pl.len() + 1).alias("number"))
        .drop("_moment", "_local", "amount")
    )


def _money(cents: pl.Expr) -> pl.Expr:
    return cents.cast(pl.Decimal(18, 2)) * pl.lit("0.01").cast(pl.Decimal(18, 2))
