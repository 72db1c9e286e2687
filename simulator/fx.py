"""Reference rates: US dollars for one unit of each currency, a walk by business days."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from simulator.business_calendar import BusinessCalendar, day_number, day_of, to_utc

FIRST_RATES = {
    "EUR": 1.0850,
    "GBP": 1.2700,
    "MXN": 0.0540,
    "INR": 0.0119,
    "PHP": 0.0174,
    "AED": 0.2723,
    "NGN": 0.00066,
    "CAD": 0.7200,
    "CHF": 1.1300,
    "JPY": 0.0067,
}
CURRENCIES = ("USD", *FIRST_RATES)
LEAD_DAYS = 10
UNITS = 100_000_000  # rates are kept in units of the eighth decimal
PUBLISHED_AT_US = 16 * 3_600_000_000


class Rates:
    """Rates of each day from ``LEAD_DAYS`` before ``first`` to ``last``; a closed day has its predecessor's."""

    def __init__(self, rng: np.random.Generator, calendar: BusinessCalendar, first: date, last: date) -> None:
        self._calendar = calendar
        self._first = day_number(first) - LEAD_DAYS
        days = day_number(last) - self._first + 1
        steps = rng.normal(0.0, 0.004, size=(days, len(FIRST_RATES)))
        steps[~calendar.is_open(np.arange(self._first, self._first + days))] = 0.0
        steps[:, list(FIRST_RATES).index("AED")] = 0.0  # the dirham is pegged
        walk = np.exp(np.cumsum(steps, axis=0)) * np.array(list(FIRST_RATES.values()))
        self._units: np.ndarray = np.concatenate(
            [np.full((days, 1), UNITS, dtype=np.int64), np.rint(walk * UNITS).astype(np.int64)], axis=1
        )

    def convert(self, cents: np.ndarray, days: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Hundredths of one currency (index into ``CURRENCIES``) in those of another, at the rate of the day before.

        All arguments have one shape; ``days`` are day numbers. The day's own rate is not published until its close.
        """
        rows = np.asarray(days) - self._first - 1
        amounts = np.rint(cents * (self._units[rows, source] / self._units[rows, target])).astype(np.int64)
        converted: np.ndarray = np.where(source == target, cents, np.maximum(amounts, 1))
        return converted

    def events(self, first_day: int, last_day: int) -> pl.DataFrame:
        """Events of reference.fx-rates for the business days of [first_day, last_day]."""
        days = self._calendar.open_days(first_day, last_day)
        rows = [
            (f"{currency}/USD", currency, "USD", int(self._units[day - self._first, index]), day_of(day), int(day))
            for day in days
            for index, currency in enumerate(CURRENCIES)
            if index
        ]
        schema = {
            "pair": pl.String,
            "base_currency": pl.String,
            "quote_currency": pl.String,
            "units": pl.Int64,
            "rate_date": pl.Date,
            "day": pl.Int64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row").select(
            "pair",
            "base_currency",
            "quote_currency",
            pl.concat_str(
                pl.col("units").floordiv(UNITS), pl.lit("."), pl.col("units").mod(UNITS).cast(pl.String).str.zfill(8)
            ).alias("rate"),
            "rate_date",
            pl.lit("Vigil simulator").alias("source"),
            to_utc(pl.col("day") * 86_400_000_000 + PUBLISHED_AT_US).alias("published_at"),
        )

    @property
    def lead_day(self) -> int:
        """The first day that has rates."""
        return self._first
