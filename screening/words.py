"""Names taken apart into words that can be compared, whatever script, punctuation and legal form they have."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from screening.latin import VOWELLESS, latin, sounds

# Words of a name beyond this number are not compared; a mask of 32 bits tells which words a unit is made of.
MOST_WORDS = 16
MOST_CHARACTERS = 300
_HERE = Path(__file__).parent


@cache
def lexicon() -> pl.DataFrame:
    """Words with a meaning of their own: word, is_person (in whose names), kind and meaning.

    A title is left out of a person's name, an abbreviation in a firm's is compared as what it stands for.
    """
    rows = pl.read_csv(_HERE / "words.csv", schema={"word": pl.String, "kind": pl.String, "meaning": pl.String})
    return pl.concat(
        [
            rows.filter(pl.col("kind") != "abbreviation").with_columns(is_person=pl.lit(True)),
            rows.filter(pl.col("kind") != "title").with_columns(is_person=pl.lit(False)),
        ]
    )


def units(names: pl.DataFrame) -> pl.DataFrame:
    """The units of names: their words, and every two neighbours written as one.

    ``names`` has name_id (unsigned), name and is_person. Returns name_id, mask (which words, by bit), word (Latin),
    bare (written without vowels), sound, and the words it is made of: first and, of two neighbours, second.
    """
    known = lexicon()
    written = _written(names)
    distinct = written.select("word").unique()
    foreign = distinct.filter(~pl.col("word").str.contains(r"^[a-z0-9]+$"))
    spelled = foreign.with_columns(
        latin=pl.Series([latin(word) for word in foreign["word"]], dtype=pl.String).str.split(" "),
        bare=pl.col("word").str.contains(VOWELLESS),
    )
    words = (
        written.join(spelled, on="word", how="left", maintain_order="left")
        .with_columns(pl.coalesce("latin", pl.concat_list("word")).alias("word"), pl.col("bare").fill_null(False))
        .drop("latin")
        .explode("word")
        .filter(pl.col("word") != "")
        .join(known, on=["word", "is_person"], how="left", maintain_order="left")
        .filter((pl.col("kind") != "title").fill_null(True))
        .with_columns(word=pl.coalesce("meaning", "word"))
        .with_columns(position=pl.int_range(pl.len()).over("name_id"))
        .filter(pl.col("position") < MOST_WORDS)
        .with_columns(mask=(pl.lit(1, pl.UInt32) * 2 ** pl.col("position")).cast(pl.UInt32))
    )
    particle = (pl.col("kind") == "particle").fill_null(False)
    nexts = words.select("name_id", "position", next_word="word", next_mask="mask", next_is_particle=particle)
    pairs = words.join(nexts.with_columns(pl.col("position") - 1), on=["name_id", "position"], maintain_order="left")
    # "Abd al-Rahman" is written as one word too.
    around = (
        pairs.filter(pl.col("next_is_particle"))
        .join(
            nexts.select("name_id", pl.col("position") - 2, last_word="next_word", last_mask="next_mask"),
            on=["name_id", "position"],
        )
        .select(
            "name_id",
            mask=pl.col("mask") | pl.col("next_mask") | pl.col("last_mask"),
            word=pl.col("word") + pl.col("next_word") + pl.col("last_word"),
            bare="bare",
            first="word",
            second="last_word",
        )
    )
    joined = pairs.select(
        "name_id",
        mask=pl.col("mask") | pl.col("next_mask"),
        word=pl.col("word") + pl.col("next_word"),
        bare="bare",
        first="word",
        second="next_word",
    )
    single = words.select("name_id", "mask", "word", "bare", first="word", second=pl.lit(None, pl.String))
    return pl.concat([single, joined, around]).with_columns(sound=sounds(pl.col("word")))


@cache
def _legal_forms() -> str:
    """A pattern of the legal forms of firms; in scripts that set no words apart, wherever they stand."""
    forms = pl.read_csv(_HERE / "legal_forms.csv")["form"].sort(descending=True)
    unspaced = forms.str.contains(r"[\p{Han}\p{Hangul}\p{Katakana}]")
    return f"{'|'.join(forms.filter(unspaced))}|\\b(?:{'|'.join(forms.filter(~unspaced))})\\b"


def _written(names: pl.DataFrame) -> pl.DataFrame:
    """name_id, is_person and word, as they stand in the name, in lower case; of a firm without its legal form."""
    name = (
        pl.col("name")
        .str.to_lowercase()
        .str.normalize("NFKC")
        .str.slice(0, MOST_CHARACTERS)
        .str.replace_all(r"['’‘`ʼʿʾ´\u200c\u200d]", "")
        .str.replace_all("&", " and ", literal=True)
    )
    dotless = (
        pl.when("is_person")
        .then(name.str.replace_all(r"\b(\p{L})\.", "${1} "))
        .otherwise(name.str.replace_all(r"\b(\p{L})\.", "${1}"))
    )
    words = names.select("name_id", "is_person", word=dotless.str.extract_all(r"[\p{L}\p{M}\p{N}]+"))
    firms = words.filter(~pl.col("is_person")).select("name_id", whole=pl.col("word").list.join(" "))
    short = firms["whole"].str.replace_all(_legal_forms(), " ").str.extract_all(r"[\p{L}\p{M}\p{N}]+")
    return (
        words.join(firms.select("name_id", short=short), on="name_id", how="left", maintain_order="left")
        .select("name_id", "is_person", word=pl.when(pl.col("short").list.len() > 0).then("short").otherwise("word"))
        .explode("word")
        .drop_nulls("word")
    )
