"""The reader of the freshness benchmark: when rows are first seen by a query."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np

# An analyst who asks more often takes the processor from the sink on a small machine.
PAUSE_SECONDS = 0.05
# Longer than any message should take after the last one was sent.
PATIENCE_SECONDS = 120.0


def read(
    lake: duckdb.DuckDBPyConnection, tables: list[str], order: dict[str, Any], ready: Callable[[], None]
) -> dict[str, Any]:
    """Ask for the rows behind the last ones seen until ``order["messages"]`` have come, and tell their ages in ms, but
    for those sent in the first ``order["warm_seconds"]``.

    Rows of a partition become visible in the order of their offsets, so that one that is behind is new.
    """
    query = " union all ".join(
        f"select {number} as source, _partition, _offset, epoch_ms(_timestamp) as stamp "  # noqa: S608
        f"from lake.landing.{table} where _offset >= ?"
        for number, table in enumerate(tables)
    )
    seen = np.zeros((len(tables), order["partitions"]), np.int64)
    ages: list[Any] = []
    stamps: list[Any] = []
    answers: list[float] = []
    left = None
    deadline = float("inf")
    while left is None or left > 0:
        rows: dict[str, Any] = lake.execute(query, seen.min(axis=1).tolist()).fetchnumpy()
        now = time.time()
        at = rows["source"], rows["_partition"]
        new = rows["_offset"] >= seen[at]
        np.maximum.at(seen, at, rows["_offset"] + 1)
        if left is None:
            # What was there before.
            left = order["messages"]
            deadline = now + order["seconds"] * 2 + PATIENCE_SECONDS
            ready()
        else:
            stamps.append(rows["stamp"][new])
            ages.append(now * 1000 - stamps[-1])
            left -= len(stamps[-1])
            answers.append(now)
        if now > deadline:
            raise SystemExit(f"{left} of {order['messages']} messages were not seen")
        time.sleep(PAUSE_SECONDS)
    all_ages, all_stamps = np.concatenate(ages), np.concatenate(stamps)
    counted = all_stamps >= all_stamps.min() + order["warm_seconds"] * 1000
    return _told(all_ages[counted], all_stamps[counted], np.diff(answers) * 1000, order["parts"])


def _told(ages: Any, stamps: Any, pauses: Any, parts: int) -> dict[str, Any]:
    p50, p99 = np.percentile(ages, [50, 99])
    resolution = np.percentile(pauses, [50, 99]) if len(pauses) else [0.0, 0.0]
    edges = np.linspace(stamps.min(), stamps.max() + 1, parts + 1)
    part = np.digitize(stamps, edges) - 1
    return {
        "messages": len(ages),
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "most_ms": float(ages.max()),
        "resolution_p50_ms": float(resolution[0]),
        "resolution_p99_ms": float(resolution[1]),
        "over_time": [
            np.percentile(ages[part == number], [50, 99]).tolist() for number in range(parts) if (part == number).any()
        ],
    }
