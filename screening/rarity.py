"""How much a word tells: little if many names have it."""

from __future__ import annotations

import polars as pl

from screening.words import lexicon

MINOR = 0.03
LEAST = 0.21
# A name is rarely among fewer others than this, so that three names are not judged by each other alone.
FEWEST_NAMES = 5_000


def rarity(*counted: pl.DataFrame) -> pl.DataFrame:
    """word, sound and weight (0 to 1) of every word of the given units; inverse document frequency, after Sparck Jones.

    Spellings of one word share its frequency: the mean of a word's own and of all that sound like it is taken.
    """
    units = pl.concat(
        [frame.filter(pl.col("second").is_null()).select("name_id", "word", "sound") for frame in counted]
    )
    names = max(sum(frame["name_id"].n_unique() for frame in counted), FEWEST_NAMES)
    by_word = units.group_by("word", "sound").agg(in_names=pl.len())
    by_sound = units.group_by("sound").agg(sounding=pl.len())
    return by_word.join(by_sound, on="sound").select(
        "word",
        weight=pl.when(pl.col("sound").str.len_chars() > 1)
        .then((_rare("in_names", names) + _rare("sounding", names)) / 2)
        .otherwise(_rare("in_names", names)),
    )


def weighed(units: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """``units`` with weight; a word that was never counted is as rare as can be, a single letter hardly tells."""
    known = weights.rename({"word": "first"})
    second = weights.select(second="word", second_weight="weight")
    return (
        units.join(known, on="first", how="left", maintain_order="left")
        .join(second, on="second", how="left", maintain_order="left")
        .with_columns(
            weight=_weight("first", "weight")
            + pl.when(pl.col("second").is_null()).then(0.0).otherwise(_weight("second", "second_weight")),
            joined=pl.col("second").is_not_null(),
        )
        .drop("second_weight", "first", "second")
    )


def _rare(count: str, names: int) -> pl.Expr:
    return (1 - (pl.col(count) / 2).log() / pl.lit(names).log()).clip(LEAST, 1.0)


def _weight(word: str, counted: str) -> pl.Expr:
    particles = lexicon().filter(pl.col("kind") == "particle")["word"].unique().to_list()
    return (
        pl.when(pl.col(word).is_in(particles))
        .then(MINOR)
        .when(pl.col(word).str.len_chars() == 1)
        .then(LEAST / 2)
        .otherwise(pl.col(counted).fill_null(1.0))
    )
