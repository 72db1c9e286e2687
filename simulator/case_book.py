"""Where planted cases are written down: their payments, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from simulator import payments
from simulator.business_calendar import DAY_US

TRUTH_SCHEMA: dict[str, pl.DataType] = {
    "case_no": pl.Int64(),
    "typology": pl.String(),
    "variant": pl.String(),
    "subject_type": pl.String(),
    "subject_id": pl.String(),
    "subject_party_id": pl.String(),
    "account_ids": pl.List(pl.String()),
    "transaction_ids": pl.List(pl.String()),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "is_lookalike": pl.Boolean(),
}
USD = 0


@dataclass
class CaseBook:
    """Planted cases and their payments, noted one by one: there are few of them."""

    _payments: list[dict[str, int | str | None]] = field(default_factory=list)
    _cases: list[dict[str, int | str | bool]] = field(default_factory=list)

    def open(self, typology: str, variant: str, subject_type: str, customer: int, lookalike: bool = False) -> int:
        """Note a case on a customer (``subject_type`` party) or its account (account); returns its number."""
        number = len(self._cases) + 1
        self._cases.append(
            {
                "case_no": number,
                "typology": typology,
                "variant": variant,
                "subject_type": subject_type,
                "customer": customer,
                "is_lookalike": lookalike,
            }
        )
        return number

    def pay(
        self,
        case_no: int,
        local_us: int,
        cents: int,
        *,
        method: str = "credit_transfer",
        channel: str = "online",
        debtor: int = payments.NONE,
        creditor: int = payments.NONE,
        conductor: int = payments.NONE,
        branch: int = payments.NONE,
        currency: int = USD,
        purpose: str | None = None,
        remittance: str | None = None,
    ) -> None:
        """Note one payment of a case; end points and conductor are rows of the world, ``cents`` hundredths."""
        self._payments.append(
            {
                "local_us": int(local_us),
                "method": method,
                "channel": channel,
                "cents": int(cents),
                "currency": int(currency),
                "debtor": int(debtor),
                "creditor": int(creditor),
                "conductor": int(conductor),
                "branch": int(branch),
                "purpose": purpose,
                "remittance": remittance,
                "case_no": case_no,
            }
        )

    def payments_of(self, days: np.ndarray) -> pl.DataFrame:
        """The payments noted for the local days [days[0], days[-1]]."""
        everything = pl.DataFrame(self._payments, schema=payments.SCHEMA)
        return everything.filter(pl.col("local_us").floordiv(DAY_US).is_between(int(days[0]), int(days[-1])))

    def truth(self, movements: pl.DataFrame, party_ids: pl.Series, account_ids: pl.Series) -> pl.DataFrame:
        """The truth table (``TRUTH_SCHEMA``) from the posted movements of all cases.

        ``movements`` has case_no, transaction_id, account_id and booked_at; a case without any is left out.
        """
        facts = (
            movements.filter(pl.col("case_no") > 0)
            .group_by("case_no")
            .agg(
                pl.col("account_id").unique().sort().alias("account_ids"),
                pl.col("transaction_id").sort().alias("transaction_ids"),
                pl.col("booked_at").min().alias("start"),
                pl.col("booked_at").max().alias("end"),
            )
        )
        schema = {
            "case_no": pl.Int64,
            "typology": pl.String,
            "variant": pl.String,
            "subject_type": pl.String,
            "customer": pl.Int64,
            "is_lookalike": pl.Boolean,
        }
        return (
            pl.DataFrame(self._cases, schema=schema)
            .with_columns(
                party_ids.gather(pl.Series([case["customer"] for case in self._cases], dtype=pl.Int64)).alias(
                    "subject_party_id"
                ),
                account_ids.gather(pl.Series([case["customer"] for case in self._cases], dtype=pl.Int64)).alias(
                    "account_id"
                ),
            )
            .with_columns(
                pl.when(pl.col("subject_type") == "party")
                .then("subject_party_id")
                .otherwise("account_id")
                .alias("subject_id")
            )
            .join(facts, on="case_no", how="inner")
            .sort("case_no")
            .select(list(TRUTH_SCHEMA))
            .cast(pl.Schema(TRUTH_SCHEMA))
        )
