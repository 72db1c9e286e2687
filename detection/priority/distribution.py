"""How values are spread, in tenths of those that a version was trained on."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from detection.priority.model import Vector

_TENTHS = [tenth / 10 for tenth in range(1, 10)]


class Distribution(TypedDict):
    """``edges``: upper bounds of all bins but the last, rising; ``shares``: of the values by bin, adding up to 1."""

    edges: list[float]
    shares: list[float]


def distribution(values: Vector) -> Distribution:
    """By the deciles of the values; those that coincide, as where most are nought, bound one bin. NaN is left out."""
    there = values[~np.isnan(values)]
    edges = np.unique(np.quantile(there, _TENTHS)) if len(there) else np.empty(0)
    return {"edges": edges.tolist(), "shares": _shares(edges, there).tolist()}


def stability(then: Distribution, values: Vector) -> float:
    """Population stability index: the sum over bins of (now - then) * ln(now / then), of shares; 0 for no values."""
    there = values[~np.isnan(values)]
    if not len(there):
        return 0.0
    now, before = _shares(np.array(then["edges"]), there), np.array(then["shares"])
    # A bin that is empty once would count for infinitely much; it counts as a thousandth.
    now, before = np.maximum(now, 1e-3), np.maximum(before, 1e-3)
    return float(((now - before) * np.log(now / before)).sum())


def _shares(edges: Vector, there: Vector) -> Vector:
    counts = np.bincount(np.searchsorted(edges, there, side="left"), minlength=len(edges) + 1)
    return np.asarray(counts / max(len(there), 1))
