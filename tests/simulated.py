"""A small simulated bank, generated once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from contracts import contract_for
from simulator.bank import simulate

CUSTOMERS, DAYS, SEED = 150, 60, 7
ZONE = "America/New_York"


@dataclass(frozen=True)
class SmallBank:
    """Messages by topic, the transactions decoded, and the truth."""

    messages: dict[str, pl.DataFrame]
    transactions: pl.DataFrame
    truth: pl.DataFrame

    def decoded(self, topic: str) -> pl.DataFrame:
        """The events of a topic as columns of text, lists as published."""
        contract = contract_for(topic)
        schema = {
            field.name: pl.List(pl.Struct(dict.fromkeys((each.name for each in field.fields), pl.String)))
            if field.fields
            else pl.Boolean
            if field.type == "boolean"
            else pl.String
            for field in contract.fields
        }
        return self.messages[topic].select(pl.col("value").str.json_decode(pl.Struct(schema))).unnest("value")


@cache
def small_bank() -> SmallBank:
    """150 customers over 60 days."""
    simulation = simulate(CUSTOMERS, DAYS, SEED)
    frames: dict[str, list[pl.DataFrame]] = {}
    for batch in simulation.batches():
        for topic, frame in batch.items():
            frames.setdefault(topic, []).append(frame)
    bank = SmallBank({topic: pl.concat(parts) for topic, parts in frames.items()}, pl.DataFrame(), simulation.truth)
    transactions = bank.decoded("bank.transactions").with_columns(
        pl.col("booked_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_unit="us"),
        pl.col("instructed_amount", "settled_amount").cast(pl.Decimal(18, 4)),
    )
    return SmallBank(bank.messages, with_local_time(transactions), bank.truth)


def with_local_time(transactions: pl.DataFrame) -> pl.DataFrame:
    """The same with ``local``: booked_at on New York's clocks."""
    local = pl.col("booked_at").dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE).dt.replace_time_zone(None)
    return transactions.with_columns(local.alias("local"))
