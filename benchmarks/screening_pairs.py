"""Pairs of names of published lists: of one entry, and of entries that are not one, in two halves."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from screening.latin import latin

SCRIPTS = {
    "Arabic": r"\p{Arabic}",
    "Cyrillic": r"\p{Cyrillic}",
    "Han": r"\p{Han}",
}
NEAREST = 3


def names_of(entries: pl.DataFrame) -> pl.DataFrame:
    """entry_id, list_name, is_person, birth_years, name, rank (0 for the primary), strong, script, half (0 or 1)."""
    aliases = entries.select(
        "entry_id",
        "list_name",
        is_person=pl.col("entry_type") == "individual",
        birth_years=pl.col("birth_dates").list.eval(pl.element().struct.field("value").str.extract(r"(\d{4})")),
        numbers=pl.col("identifiers").list.eval(pl.element().struct.field("number")),
        name=pl.concat_list(
            pl.struct(name=pl.col("name"), quality=pl.lit("strong")),
            pl.col("aliases").fill_null([]),
        ),
    ).explode("name")
    script = pl.lit("Latin")
    for name, pattern in SCRIPTS.items():
        script = pl.when(pl.col("name").str.contains(pattern)).then(pl.lit(name)).otherwise(script)
    return aliases.with_columns(
        name=pl.col("name").struct.field("name"),
        strong=pl.col("name").struct.field("quality") == "strong",
        rank=pl.int_range(pl.len()).over("entry_id"),
    ).with_columns(
        script=script,
        half=pl.col("entry_id").map_elements(
            lambda each: hashlib.sha256(each.encode()).digest()[0] % 2, return_dtype=pl.Int64
        ),
    )


def of_one_entry(names: pl.DataFrame) -> pl.DataFrame:
    """left, right, is_person, kind, script: the primary name beside each other strong name of its entry."""
    primary = names.filter(pl.col("rank") == 0).select("entry_id", left="name")
    others = names.filter((pl.col("rank") > 0) & pl.col("strong"))
    pairs = others.join(primary, on="entry_id").filter(pl.col("name") != pl.col("left"))
    latin_names = [" ".join(latin(word) for word in name.lower().split()) for name in pairs["name"]]
    left_names = [" ".join(latin(word) for word in name.lower().split()) for name in pairs["left"]]
    near = process.cpdist(latin_names, left_names, scorer=fuzz.token_set_ratio)
    return pairs.select(
        "left",
        "is_person",
        "script",
        "half",
        right="name",
        kind=pl.when(pl.col("script") != "Latin")
        .then(pl.lit("script"))
        .when(pl.Series(near) >= 60)
        .then(pl.lit("spelling"))
        .otherwise(pl.lit("other name")),
        same=pl.lit(True),
    )


def altered(names: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The same name written otherwise: exact, reordered, mistyped, with an initial, a word short, run together."""
    rng = np.random.default_rng(seed)
    primary = names.filter((pl.col("rank") == 0) & (pl.col("name").str.count_matches(r"\S+") >= 2))
    rows = []
    for name, is_person, half in primary.select("name", "is_person", "half").iter_rows():
        words = name.replace(",", "").split()
        at = int(rng.integers(len(words)))
        kind = ("exact", "reordered", "mistyped", "initial", "short", "joined")[int(rng.integers(6))]
        made = list(words)
        if kind == "reordered":
            made = [str(word) for word in rng.permutation(words)]
        elif kind == "mistyped":
            at = max(range(len(words)), key=lambda index: len(words[index]))
            word, spot = words[at], int(rng.integers(1, max(2, len(words[at]) - 1)))
            made[at] = (
                word[:spot] + word[spot + 1 :],
                word[:spot] + "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(26))] + word[spot:],
                word[:spot] + word[spot : spot + 2][::-1] + word[spot + 2 :],
            )[int(rng.integers(3))]
        elif kind == "initial" and is_person and len(words) > 2:
            made[at] = words[at][0] + "."
        elif kind == "short" and is_person and len(words) > 2:
            del made[at]
        elif kind == "joined":
            at = min(at, len(words) - 2)
            made[at : at + 2] = [words[at] + words[at + 1]]
        else:
            kind = "exact"
        rows.append((name, is_person, "Latin", half, " ".join(made), kind, True))
    return pl.DataFrame(rows, schema=["left", "is_person", "script", "half", "right", "kind", "same"], orient="row")


def of_two_entries(names: pl.DataFrame) -> pl.DataFrame:
    """Near names of two entries of one list and half: nearest by spelling, of one surname, born in one year.

    Entries that share a name or a number may be one, and stand in no pair.
    """
    frames = []
    for (_, half, is_person), part in names.group_by("list_name", "half", "is_person"):
        primary = part.filter(pl.col("rank") == 0)
        linked = set()
        for column in ("name", "numbers"):
            shared = (
                part.explode("numbers") if column == "numbers" else part.with_columns(pl.col("name").str.to_lowercase())
            )
            shared = shared.drop_nulls(column).select("entry_id", column).unique()
            linked |= set(shared.join(shared, on=column).select("entry_id", "entry_id_right").iter_rows())
        ids, written = primary["entry_id"].to_list(), primary["name"].to_list()
        years = [set(filter(None, found or [])) for found in primary["birth_years"].to_list()]
        asked = part.filter(pl.col("strong"))
        scores = process.cdist(
            [name.lower() for name in asked["name"]],
            [name.lower() for name in written],
            scorer=fuzz.token_sort_ratio,
            dtype=np.uint8,
            workers=-1,
        )
        order = np.argpartition(-scores, NEAREST + 3, axis=1)[:, : NEAREST + 3]
        rows = []
        surname = [name.lower().split(",")[0] for name in written]
        by_surname: dict[str, list[int]] = {}
        for index, name in enumerate(surname):
            by_surname.setdefault(name, []).append(index)
        for row, (entry, name, script, born) in enumerate(
            asked.select("entry_id", "name", "script", "birth_years").iter_rows()
        ):
            near = sorted((i for i in order[row] if (entry, ids[i]) not in linked), key=lambda i: -int(scores[row, i]))
            chosen = [("near", i) for i in near[: 1 if script == "Latin" else NEAREST]]
            if is_person and "," in name:
                same = [i for i in by_surname.get(name.lower().split(",")[0], []) if (entry, ids[i]) not in linked]
                chosen += [("surname", i) for i in same[:1]]
            mine = set(filter(None, born or []))
            chosen += [("birth year", i) for i in near if mine & years[i]][:1]
            rows += [
                (written[i], is_person, script, half, name, kind, False)
                for kind, i in {i: (k, i) for k, i in chosen}.values()
            ]
        frames.append(
            pl.DataFrame(rows, schema=["left", "is_person", "script", "half", "right", "kind", "same"], orient="row")
        )
    return pl.concat(frames)
