"""Which word of one name answers which of another: the best pairs first, no word twice."""

from __future__ import annotations

import numpy as np
import polars as pl
from numba import njit

from screening import alike

Table = pl.DataFrame


def aligned(pairs: Table, left: Table, right: Table) -> Table:
    """The words that answer each other in ``pairs`` of names.

    ``pairs`` has pair, left_id and right_id and is_person; ``left`` and ``right`` are weighed units by name_id. Returns
    pair, left, right (words), left_mask, right_mask, left_weight, right_weight and alike.
    """
    sides = ["mask", "word", "sound", "bare", "joined", "weight"]
    combined = (
        pairs.select("pair", "left_id", "right_id", "is_person")
        .join(left.select("name_id", *sides), left_on="left_id", right_on="name_id")
        .join(right.select("name_id", *sides), left_on="right_id", right_on="name_id", suffix="_right")
        .filter(~(pl.col("joined") & pl.col("joined_right")))
        .select(
            "pair",
            "is_person",
            left="word",
            right="word_right",
            left_sound="sound",
            right_sound="sound_right",
            bare=pl.col("bare") | pl.col("bare_right"),
            joins=pl.col("joined") | pl.col("joined_right"),
            left_mask="mask",
            right_mask="mask_right",
            left_weight="weight",
            right_weight="weight_right",
        )
    )
    words = ["left", "right", "left_sound", "right_sound", "bare", "is_person"]
    found = alike.alikeness(combined.select(words).unique())
    rows = (
        combined.join(found, on=words)
        .with_columns(alike=pl.col("alike") * pl.when("joins").then(alike.JOINED).otherwise(1.0))
        .filter((pl.col("alike") > 0.8) | ~pl.col("joins"))
        .with_columns(value=pl.col("alike") * (pl.col("left_weight") + pl.col("right_weight")))
        .sort("pair", "value", "left_mask", "right_mask", descending=[False, True, False, False])
    )
    taken = _taken(rows["pair"].to_numpy(), rows["left_mask"].to_numpy(), rows["right_mask"].to_numpy())
    return rows.filter(pl.Series(taken)).select(
        "pair", "left", "right", "left_mask", "right_mask", "left_weight", "right_weight", "alike"
    )


@njit(cache=True)
def _taken(pair: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    taken = np.zeros(len(pair), np.bool_)
    used_left, used_right = np.uint32(0), np.uint32(0)
    for row in range(len(pair)):
        if row == 0 or pair[row] != pair[row - 1]:
            used_left, used_right = np.uint32(0), np.uint32(0)
        if used_left & left[row] == 0 and used_right & right[row] == 0:
            taken[row] = True
            used_left |= left[row]
            used_right |= right[row]
    return taken
