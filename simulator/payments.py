"""Payments before they are posted: columns of numbers, one row a payment, its parties given by their rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator.business_calendar import DAY_US

SCHEMA: dict[str, pl.DataType] = {
    "local_us": pl.Int64(),
    "method": pl.String(),
    "channel": pl.String(),
    "cents": pl.Int64(),
    "currency": pl.Int64(),
    "debtor": pl.Int64(),
    "creditor": pl.Int64(),
    "conductor": pl.Int64(),
    "branch": pl.Int64(),
    "purpose": pl.String(),
    "remittance": pl.String(),
    "case_no": pl.Int64(),
}
NONE = -1
HOUR_US = 3_600_000_000
Column = np.ndarray | int | str | None


def frame(**columns: Column) -> pl.DataFrame:
    """Payments from arrays of one length and scalars; ``local_us`` (New York's clocks), cents, method are needed.

    Integer columns left out are -1 (none), text columns null; ``currency`` is an index into ``fx.CURRENCIES``, 0 = USD.
    """
    size = len(np.asarray(columns["local_us"]))
    built = {}
    for name, kind in SCHEMA.items():
        default: Column = None if kind == pl.String() else (0 if name == "currency" else NONE)
        value = columns.get(name, default)
        if isinstance(value, np.ndarray):
            built[name] = pl.Series(name, value.tolist() if value.dtype == object else value, dtype=kind)
        else:
            built[name] = pl.repeat(value, size, dtype=kind, eager=True).alias(name)
    return pl.DataFrame(built)


def at(rng: np.random.Generator, days: np.ndarray, first_hour: float, last_hour: float) -> np.ndarray:
    """A moment between two hours of New York's clock on each of ``days``, in microseconds."""
    span = (last_hour - first_hour) * HOUR_US
    moments: np.ndarray = days * DAY_US + int(first_hour * HOUR_US) + (rng.random(len(days)) * span).astype(np.int64)
    return moments


def scatter(
    rng: np.random.Generator, per_day: np.ndarray, days: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Independent occurrences, (who, day) of each, at rates ``per_day`` (one a subject) on weighted ``days``."""
    weight = np.ones(len(days)) if weights is None else weights
    if not len(days) or weight.sum() == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    counts = rng.poisson(per_day * weight.sum())
    who = np.repeat(np.arange(len(per_day)), counts)
    return who, days[rng.choice(len(days), size=len(who), p=weight / weight.sum())]


def to_cents(dollars: np.ndarray) -> np.ndarray:
    """Hundredths, at least one unit of money."""
    cents: np.ndarray = np.maximum(np.rint(dollars * 100), 100).astype(np.int64)
    return cents


def round_notes(dollars: np.ndarray, note: int = 20) -> np.ndarray:
    """Hundredths of a sum that banknotes of ``note`` can pay, at least one note."""
    cents: np.ndarray = (np.maximum(np.rint(dollars / note), 1) * note * 100).astype(np.int64)
    return cents
