"""How alike two words are: by spelling, by sound, as forms of one given name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA, JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist

NICKNAME = 0.92
INITIAL = 0.5
JOINED = 0.97
STEEP = 1.4
NEARLY = 0.82
# What is left of the sound where the letters have nothing in common.
VOWELS = 0.6
LEAST = 0.5
# What the same consonants are worth, by their number: two letters are shared by words that have nothing in common.
SAME_SOUND = np.array([0.0, 0.0, 0.85, 0.93, 0.96, 0.98, 0.99])
# Of words that one side writes without vowels nothing else is known.
SAME_BARE = np.array([0.0, 0.0, 0.85, 0.93, 0.96, 0.97, 0.98])


@cache
def given_names() -> pl.DataFrame:
    """left, right: every two words that a line of nicknames.csv calls forms of one name, both ways round."""
    groups = pl.read_csv(Path(__file__).parent / "nicknames.csv").with_row_index("line")
    words = groups.select("line", word=pl.col("names").str.split(" ")).explode("word")
    return words.join(words, on="line").select(left="word", right="word_right").unique()


def alikeness(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of words with ``alike``, from 0 to 1; what is less than LEAST is left out.

    ``pairs`` has left, right (words), left_sound, right_sound and bare (one of them is written without vowels).
    """
    if not pairs.height:
        return pairs.with_columns(alike=pl.lit(None, pl.Float64))
    left, right = pairs["left"].to_list(), pairs["right"].to_list()
    left_sound, right_sound = pairs["left_sound"].to_list(), pairs["right_sound"].to_list()
    spelled = cpdist(left, right, scorer=OSA.normalized_similarity, workers=-1)
    winkler = cpdist(left, right, scorer=JaroWinkler.similarity, workers=-1)
    heard = cpdist(left_sound, right_sound, scorer=Levenshtein.normalized_similarity, workers=-1)
    shorter = np.minimum(
        pairs["left_sound"].str.len_chars().to_numpy(), pairs["right_sound"].str.len_chars().to_numpy()
    )
    letters = np.minimum(pairs["left"].str.len_chars().to_numpy(), pairs["right"].str.len_chars().to_numpy())
    bare = pairs["bare"].to_numpy()
    numbered = (
        pairs.select(pl.col("left").str.contains(r"\d") | pl.col("right").str.contains(r"\d")).to_series().to_numpy()
    )
    by_spelling = np.where(
        letters >= 3, 0.6 * (1 - STEEP * (1 - spelled)) + 0.4 * winkler, np.where(spelled == 1, 1, 0)
    )
    count = np.minimum(shorter, len(SAME_SOUND) - 1)
    by_sound = np.where(heard == 1, SAME_SOUND[count] * (VOWELS + (1 - VOWELS) * spelled), 0.0)
    nearly = np.where((shorter >= 3) & (heard >= 0.74), NEARLY * heard * (0.7 + 0.3 * spelled), 0.0)
    of_bare = np.where(heard == 1, SAME_BARE[count], np.where((shorter >= 4) & (heard >= 0.74), 0.9 * heard, 0.0))
    alike = np.where(bare, of_bare, np.maximum.reduce([by_spelling, by_sound, nearly]))
    # One digit more is another number.
    alike = np.where(numbered, np.where(spelled == 1, 1.0, 0.0), alike)
    alike = np.where(spelled == 1, 1.0, alike)
    forms = given_names().with_columns(form=pl.lit(NICKNAME))
    initial = (pl.min_horizontal(pl.col("left").str.len_chars(), pl.col("right").str.len_chars()) == 1) & (
        pl.col("left").str.head(1) == pl.col("right").str.head(1)
    )
    return (
        pairs.with_columns(alike=pl.Series(alike, dtype=pl.Float64))
        .join(forms, on=["left", "right"], how="left", maintain_order="left")
        .with_columns(
            alike=pl.max_horizontal(
                "alike", "form", pl.when(initial & pl.col("is_person")).then(pl.lit(INITIAL)).otherwise(0.0)
            )
        )
        .drop("form")
        .filter(pl.col("alike") >= LEAST)
    )
