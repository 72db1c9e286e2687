"""How good screening is on pairs of names, how often it hits ordinary parties, and how fast it is."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from screening_pairs import altered, names_of, of_one_entry, of_two_entries

from screening.lists import ofac, un
from screening.rarity import rarity, weighed
from screening.score import scored
from screening.screen import THRESHOLD, list_names, screen
from screening.words import units
from simulator import names as simulated

SEED = 7
UPDATED = 500
# Names compared with cdist, from which its time for all parties is reckoned.
COMPARED = 2_000


def published(folder: Path) -> pl.DataFrame:
    """The entries of OFAC's and the UN's list in ``folder``."""
    sdn, alt, add = (folder.joinpath(f"ofac_{part}.csv").read_bytes() for part in ("sdn", "alt", "add"))
    lists = (
        ofac.read(sdn, alt, add, datetime(2025, 1, 1)),
        un.read(folder.joinpath("un_consolidated.xml").read_bytes()),
    )
    return pl.concat([each.entries for each in lists])


def quality(entries: pl.DataFrame, half: int) -> list[dict[str, Any]]:
    """F1, recall and precision of the pairs of one half at the default threshold: overall, by script and by kind.

    Overall are all spellings of a name and altered names against all pairs of two entries; by script and by kind the
    pairs of one entry are of that script or kind, against the pairs of two entries in the script. Other names of one
    entry, which no comparison of letters finds, have a row of their own.
    """
    listed = names_of(entries)
    part = listed.filter(pl.col("half") == half)
    columns = ["left", "right", "is_person", "script", "kind", "same"]
    pairs = pl.concat(
        [frame.select(columns) for frame in (of_one_entry(part), altered(part, SEED), of_two_entries(part))]
    )
    distinct = pl.concat([pairs.select(name=side, is_person="is_person") for side in ("left", "right")]).unique(
        maintain_order=True
    )
    numbered = distinct.with_row_index("name_id")
    known = listed.select("name", "is_person").unique(maintain_order=True).with_row_index("name_id")
    ready = weighed(units(numbered), rarity(units(known)))
    asked = pairs.with_row_index("pair")
    for side in ("left", "right"):
        asked = asked.join(
            numbered.rename({"name_id": f"{side}_id", "name": side}), on=[side, "is_person"], maintain_order="left"
        )
    judged = scored(asked, ready, ready)[0].with_columns(hit=pl.col("score") >= THRESHOLD)
    non_pair, other = ~pl.col("same"), pl.col("kind") == "other name"
    published_only = pl.col("kind").is_in(["spelling", "script"])
    rows = [
        _row("all but other names", judged.filter(~other)),
        _row("aliases alone", judged.filter(non_pair | published_only)),
        _row("aliases and other names", judged.filter(non_pair | published_only | other)),
    ]
    rows += [
        _row(f"script {script}", judged.filter((pl.col("script") == script) & ~other))
        for script in judged["script"].unique().sort()
    ]
    rows += [
        _row(
            f"{'persons' if person else 'others'}: {kind}",
            judged.filter((pl.col("is_person") == person) & (non_pair | (pl.col("kind") == kind))),
        )
        for person in (True, False)
        for kind in judged.filter(pl.col("same") & (pl.col("is_person") == person))["kind"].unique().sort()
    ]
    return rows


def _row(what: str, judged: pl.DataFrame) -> dict[str, Any]:
    count = {
        (same, hit): judged.filter((pl.col("same") == same) & (pl.col("hit") == hit)).height
        for same in (True, False)
        for hit in (True, False)
    }
    found, missed, wrong = count[True, True], count[True, False], count[False, True]
    return {
        "what": what,
        "pairs": found + missed,
        "non_pairs": wrong + count[False, False],
        "f1": 2 * found / max(1, 2 * found + wrong + missed),
        "recall": found / max(1, found + missed),
        "precision": found / max(1, found + wrong),
    }


def ordinary(count: int) -> pl.DataFrame:
    """``count`` simulated persons and firms in the columns of `screening.screen.PARTY`, none of whom is listed."""
    rng = np.random.default_rng(SEED)
    firms = count // 5
    persons = simulated.persons(rng, count - firms)
    named = pl.concat(
        [
            persons.select("name", is_person=pl.lit(True), countries=pl.concat_list("country")),
            pl.DataFrame({"name": simulated.firms(rng, firms, "large")}).select(
                "name", is_person=pl.lit(False), countries=pl.concat_list(pl.lit("us"))
            ),
        ]
    )
    return named.select(
        pl.int_range(pl.len()).cast(pl.String).alias("party_id"),
        "name",
        "is_person",
        pl.lit(None, pl.Date).alias("birth_date"),
        pl.col("countries").list.eval(pl.element().str.to_lowercase()),
        pl.lit([], pl.List(pl.String)).alias("numbers"),
    )


def recombined(entries: pl.DataFrame, count: int) -> pl.DataFrame:
    """``count`` persons called by two words of listed persons each: nearly all different, and near."""
    rng = np.random.default_rng(SEED)
    listed = entries.filter(pl.col("entry_type") == "individual").select("name", is_person=pl.lit(True))
    words = (
        units(listed.with_row_index("name_id"))
        .filter(pl.col("second").is_null() & (pl.col("word").str.len_chars() > 2))["word"]
        .to_list()
    )
    drawn = rng.choice(np.array(words, dtype=object), (count, 2))
    return ordinary(count).with_columns(
        name=pl.Series([f"{first} {last}" for first, last in drawn]), is_person=pl.lit(True)
    )


def speed(entries: pl.DataFrame, parties: pl.DataFrame) -> dict[str, Any]:
    """Seconds to screen ``parties`` against all entries and against an update, beside rapidfuzz's cdist."""
    population = parties.select("name", "is_person")
    warm = list_names(entries.head(UPDATED))
    screen(parties.head(10), warm)
    made = seconds(lambda: list_names(entries, population))
    lists = list_names(entries, population)
    started = time.perf_counter()
    hits = screen(parties, lists)
    took = time.perf_counter() - started
    update = entries.sample(UPDATED, seed=SEED)
    updated = seconds(lambda: screen(parties, list_names(update, population)))
    queries = parties["name"].str.to_lowercase().unique(maintain_order=True).head(COMPARED).to_list()
    listed = lists.names["name"].str.to_lowercase().to_list()
    plain = seconds(lambda: process.cdist(queries, listed, scorer=fuzz.token_sort_ratio, dtype=np.uint8, workers=-1))
    names = parties["name"].n_unique()
    return {
        "parties": parties.height,
        "names": names,
        "listed_names": lists.names.height,
        "index_seconds": made,
        "screen_seconds": took,
        "update_seconds": updated,
        "hits": hits.height,
        "parties_hit_per_1000": 1000 * hits["party_id"].n_unique() / parties.height,
        "cdist_seconds": plain * names / len(queries),
        "cdist_over_screen": plain * names / len(queries) / took,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def seconds(do: Callable[[], object]) -> float:
    """How long ``do`` takes."""
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
