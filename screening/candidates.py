"""Which names of a list are worth comparing with which of many names: found by words that look or sound alike."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import polars as pl

from screening import alike
from screening.reachable import reachable
from screening.score import FIRM, PERSON

SHORTEST_MISSPELLED = 5
SHORTEST_MISHEARD = 4
_WORD = ["word", "sound", "bare"]


def spellings(units: pl.DataFrame) -> pl.DataFrame:
    """word, sound, bare and key: what two words have in common if they may be spellings of one.

    That is the word, its consonants, the given name that it is a form of, and the word and its consonants with one
    letter left out each: two words with one letter more, less, changed or swapped meet there.
    """
    words = units.select(_WORD).unique()
    forms = alike.given_names().rename({"left": "word", "right": "key"})
    parts = [
        words.with_columns(key="w" + pl.col("word")),
        words.filter(pl.col("sound").str.len_chars() > 1).with_columns(key="s" + pl.col("sound")),
        words.join(forms, on="word").with_columns(key="w" + pl.col("key")),
        _without_a_letter(words, "word", SHORTEST_MISSPELLED, "w"),
        _without_a_letter(words, "sound", SHORTEST_MISHEARD, "s"),
    ]
    return pl.concat(parts).unique()


def _without_a_letter(words: pl.DataFrame, column: str, shortest: int, prefix: str) -> pl.DataFrame:
    length = pl.col(column).str.len_chars()
    return (
        words.filter(length >= shortest)
        .with_columns(at=pl.int_ranges(0, length))
        .explode("at")
        .select(
            *_WORD,
            key=prefix + pl.col(column).str.slice(0, pl.col("at")) + pl.col(column).str.slice(pl.col("at") + 1),
        )
    )


def alike_words(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """left, right (words) and alike: what two sets of `spellings` have in common, as far as it is alike at all."""
    pairs = (
        left.join(right, on="key", suffix="_right")
        .select(
            left="word",
            right="word_right",
            left_sound="sound",
            right_sound="sound_right",
            bare=pl.col("bare") | pl.col("bare_right"),
            is_person=pl.lit(True),
        )
        .unique()
    )
    return alike.alikeness(pairs).group_by("left", "right").agg(pl.col("alike").max())


def candidates(
    left: pl.DataFrame, right: pl.DataFrame, words: pl.DataFrame, names: pl.DataFrame, least: float
) -> pl.DataFrame:
    """left_id and right_id of names whose words may add up to a score of ``least``.

    ``left`` and ``right`` are weighed units whose name_id counts from 0, ``words`` what `alike_words` found, ``names``
    name_id and is_person of the left. All words that are alike are summed, where `screening.score.scored` takes the
    best of them and no word twice.
    """
    of_list = right.select("word").unique(maintain_order=True).with_row_index("number")
    postings = right.join(of_list, on="word").sort("number", "name_id")
    similar = words.join(of_list, left_on="right", right_on="word").sort("left")
    starts = (
        similar.group_by("left", maintain_order=True)
        .agg(first=pl.len())
        .with_columns(last=pl.col("first").cum_sum(), first=pl.col("first").cum_sum() - pl.col("first"))
    )
    asked = left.join(starts, left_on="word", right_on="left").sort("name_id")
    persons = names.sort("name_id")["is_person"].to_numpy()
    found = reachable(
        tuple(asked[column].to_numpy() for column in ("name_id", "weight", "joined", "first", "last")),
        tuple(similar[column].to_numpy() for column in ("number", "alike")),
        tuple(postings[column].to_numpy() for column in ("number", "name_id", "weight", "joined")),
        (totals(left, len(persons)), totals(right, int(right["name_id"].to_numpy().max()) + 1)),
        persons,
        np.array([astuple(FIRM), astuple(PERSON)]),
        least,
    )
    return pl.DataFrame({"left_id": found[0], "right_id": found[1]})


def totals(units: pl.DataFrame, count: int) -> np.ndarray:
    """The weight of all words of each of ``count`` names."""
    single = units.filter(~pl.col("joined"))
    return np.bincount(single["name_id"].to_numpy(), single["weight"].to_numpy(), count)
