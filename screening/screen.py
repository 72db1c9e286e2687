"""Parties against lists: which entry a party may be, by which of its names, and what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from screening import evidence
from screening.candidates import alike_words, candidates, spellings
from screening.errors import NothingToScreen
from screening.rarity import rarity, weighed
from screening.score import scored
from screening.words import units

THRESHOLD = 0.75
CHUNK = 50_000
# So many names of the population are counted beside the list's.
COUNTED = 100_000
PARTY: dict[str, Any] = {
    "party_id": pl.String,
    "name": pl.String,
    "is_person": pl.Boolean,
    "birth_date": pl.Date,
    "countries": pl.List(pl.String),
    "numbers": pl.List(pl.String),
}
EVIDENCE = ("birth", "country", "number", "kind", "alias")


@dataclass(frozen=True)
class ListNames:
    """The names of entries, made ready once: ``names`` by name_id, their ``units``, ``spellings``, word ``weights``."""

    names: pl.DataFrame
    known: pl.DataFrame
    units: pl.DataFrame
    spellings: pl.DataFrame
    weights: pl.DataFrame


def list_names(entries: pl.DataFrame, population: pl.DataFrame | None = None) -> ListNames:
    """``entries`` in the contract's fields, ready to be screened against.

    ``population`` (name, is_person) are ordinary names, by which is counted how rare a word is.

    Raises:
        NothingToScreen: there is no entry.
    """
    if not entries.height:
        raise NothingToScreen("no list has an entry: read one by `vigil lists ingest`, or name a file with --file")
    names = (
        entries.select(
            "entry_id",
            "list_name",
            "list_version",
            "entry_type",
            primary="name",
            called=pl.concat_list(
                pl.struct(name=pl.col("name"), quality=pl.lit("primary")), pl.col("aliases").fill_null([])
            ),
        )
        .explode("called")
        .unnest("called")
        .drop_nulls("name")
        .with_columns(is_person=pl.col("entry_type") == "individual")
        .with_row_index("name_id")
    )
    listed = units(names.select("name_id", "name", "is_person"))
    counted = [listed]
    if population is not None:
        some = population.select("name", pl.col("is_person").fill_null(True)).unique().sort(pl.col("name").hash())
        counted.append(units(some.head(COUNTED).with_row_index("name_id")))
    weights = rarity(*counted)
    ready = weighed(listed, weights)
    return ListNames(names, evidence.known_of_entries(entries), ready, spellings(ready), weights)


def screen(parties: pl.DataFrame, lists: ListNames, threshold: float = THRESHOLD) -> pl.DataFrame:
    """The hits of ``parties`` (columns of PARTY): one row a party and entry, the best alias, the likeliest first.

    A hit has score, name_score and the evidence that was added to it (EVIDENCE; null where one side tells nothing), the
    list, its version, the entry, the name that matched, and ``words``: every two words that answer each other with how
    alike they are and what they give; what all of them leave to 1 is what was unlike or had no answer.
    """
    distinct = parties.select("name", is_person=pl.col("is_person").fill_null(True)).unique(maintain_order=True)
    found = [_hits(parties, part.with_row_index("name_id"), lists, threshold) for part in distinct.iter_slices(CHUNK)]
    return pl.concat(found or [_hits(parties, distinct.with_row_index("name_id"), lists, threshold)]).sort(
        "score", "party_id", "entry_id", descending=[True, False, False]
    )


def _hits(parties: pl.DataFrame, names: pl.DataFrame, lists: ListNames, threshold: float) -> pl.DataFrame:
    asked = weighed(units(names), lists.weights)
    words = alike_words(spellings(asked), lists.spellings)
    least = threshold - evidence.SAME_DAY - evidence.SAME_COUNTRY
    pairs = (
        pl.concat(
            [
                candidates(asked, lists.units, words, names, least),
                _by_number(parties, names, lists),
            ]
        )
        .unique()
        .join(names.select("name_id", "is_person"), left_on="left_id", right_on="name_id")
        .with_row_index("pair")
    )
    judged, matches = scored(pairs, asked, lists.units)
    likely = judged.filter(pl.col("score") >= threshold - evidence.MOST).rename({"score": "name_score"})
    hits = (
        likely.join(names.select(left_id="name_id", asked="name"), on="left_id")
        .join(lists.names.drop("is_person").rename({"name": "matched"}), left_on="right_id", right_on="name_id")
        .join(
            parties.select(
                "party_id",
                "birth_date",
                asked="name",
                is_person=pl.col("is_person").fill_null(True),
                party_is_person="is_person",
                party_countries="countries",
                party_numbers=pl.col("numbers").list.eval(evidence.number(pl.element())),
            ),
            on=["asked", "is_person"],
        )
        .join(lists.known, on="entry_id")
    )
    summed = (
        evidence.judged(hits)
        .with_columns(score=(pl.col("name_score") + pl.sum_horizontal(EVIDENCE)).clip(0.0, 1.0))
        .filter(pl.col("score") >= threshold)
        .sort("score", "right_id", descending=[True, False])
        .unique(["party_id", "entry_id"], keep="first", maintain_order=True)
    )
    return summed.join(_told(summed, matches), on="pair", how="left").select(
        "party_id",
        "asked",
        "score",
        "name_score",
        *EVIDENCE,
        "list_name",
        "list_version",
        "entry_id",
        "entry_type",
        "primary",
        "matched",
        "quality",
        "words",
    )


def _by_number(parties: pl.DataFrame, names: pl.DataFrame, lists: ListNames) -> pl.DataFrame:
    """left_id and right_id of names of which the party has a number that the entry has too."""
    numbered = parties.filter(pl.col("numbers").list.len() > 0).select(
        "name", is_person=pl.col("is_person").fill_null(True), number="numbers"
    )
    theirs = lists.known.select("entry_id", number="numbers").explode("number").drop_nulls()
    return (
        numbered.explode("number")
        .with_columns(number=evidence.number(pl.col("number")))
        .filter(pl.col("number").str.len_chars() >= evidence.SHORTEST_NUMBER)
        .join(theirs, on="number")
        .join(names, on=["name", "is_person"])
        .join(lists.names.select("entry_id", right_id="name_id"), on="entry_id")
        .select(left_id="name_id", right_id="right_id")
        .unique()
    )


def _told(hits: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """pair and words: for each pair of words its part of the name's score, which they add up to."""
    weight = (pl.col("left_weight") + pl.col("right_weight")) / 2 * pl.col("alike")
    return (
        matches.join(hits.select("pair", "whole").unique(), on="pair")
        .select(
            "pair",
            words=pl.struct(
                asked="left", listed="right", alike=pl.col("alike").round(3), gives=(weight / pl.col("whole")).round(4)
            ),
        )
        .group_by("pair", maintain_order=True)
        .agg("words")
    )
