"""What is known beside the name: dates of birth, countries, numbers, the kind of party. It adds or takes away."""

from __future__ import annotations

from functools import cache

import polars as pl
from babel import Locale

SAME_DAY, SAME_YEAR, OTHER_YEAR = 0.06, 0.03, -0.15
SAME_COUNTRY, OTHER_COUNTRY = 0.02, -0.04
SAME_NUMBER = 0.30
OTHER_KIND = -0.15
WEAK_ALIAS = -0.08
MOST = SAME_DAY + SAME_COUNTRY + SAME_NUMBER
# Lists give years of birth that are guesses.
YEARS_APART = 1
SHORTEST_NUMBER = 5
# What OFAC and the UN call countries, where CLDR's English name is another.
_NAMED = {
    "Bahamas, The": "BS",
    "Congo, Democratic Republic of the": "CD",
    "Democratic Republic of the Congo": "CD",
    "Congo": "CG",
    "Congo, Republic of the": "CG",
    "Cote d Ivoire": "CI",
    "Cabo Verde": "CV",
    "Czech Republic": "CZ",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "The Gambia": "GM",
    "China, Hong Kong Special Administrative Region": "HK",
    "Hong Kong": "HK",
    "Man, Isle of": "IM",
    "Iran (Islamic Republic of)": "IR",
    "Saint Kitts and Nevis": "KN",
    "Democratic People's Republic of Korea": "KP",
    "Korea, North": "KP",
    "Korea, South": "KR",
    "Republic of Korea": "KR",
    "Lao People's Democratic Republic": "LA",
    "Macedonia, The Former Yugoslav Republic of": "MK",
    "Burma": "MM",
    "Myanmar": "MM",
    "Macau": "MO",
    "Palestinian": "PS",
    "State of Palestine": "PS",
    "West Bank": "PS",
    "Region: Gaza": "PS",
    "Russian Federation": "RU",
    "Syrian Arab Republic": "SY",
    "Turkey": "TR",
    "United Republic of Tanzania": "TZ",
    "United States of America": "US",
    "Saint Vincent and the Grenadines": "VC",
    "Virgin Islands, British": "VG",
    "Viet Nam": "VN",
}


@cache
def _countries_by_name() -> dict[str, str]:
    """ISO 3166-1 alpha-2 codes by the code itself and by the names that lists give countries."""
    territories = {code: name for code, name in Locale("en").territories.items() if len(code) == len("XX")}
    named = {name.replace("&", "and"): code for code, name in territories.items()}
    return {
        name.lower(): code.lower() for name, code in ({code: code for code in territories} | named | _NAMED).items()
    }


def country(written: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country, or what was written, in lower case, where none is known by it."""
    name = written.strip().lower()
    return _countries_by_name().get(name, name)


def number(written: pl.Expr) -> pl.Expr:
    """A number of a document without what stands around it: "A-12 345 (Iran)" is A12345."""
    return written.str.replace_all(r"\(.*?\)", "").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")


def known_of_entries(entries: pl.DataFrame) -> pl.DataFrame:
    """entry_id, born_days, born_years (first and last), countries and numbers of entries in the contract's fields."""
    births = pl.col("birth_dates").list.eval(pl.element().struct.field("value"))
    written = pl.element().str.replace_all(r"(?i)circa|approximately|approx\.?|c\.", "").str.strip_chars()
    day = pl.coalesce(written.str.to_date("%d %b %Y", strict=False), written.str.to_date("%Y-%m-%d", strict=False))
    codes = {name: country(name) for name in _countries(entries)}
    return entries.select(
        "entry_id",
        born_days=births.list.eval(day.drop_nulls()),
        born_years=births.list.eval(pl.element().str.extract_all(r"\d{4}").cast(pl.List(pl.Int32))),
        countries=pl.concat_list(
            pl.col("countries").list.eval(pl.element().struct.field("value")).fill_null([]),
            pl.col("addresses").list.eval(pl.element().struct.field("country").drop_nulls()).fill_null([]),
        ).list.eval(pl.element().replace(codes)),
        numbers=pl.col("identifiers").list.eval(number(pl.element().struct.field("number"))).fill_null([]),
    )


def _countries(entries: pl.DataFrame) -> list[str]:
    named = entries.explode("countries").select(pl.col("countries").struct.field("value"))
    lived = entries.explode("addresses").select(value=pl.col("addresses").struct.field("country"))
    return pl.concat([named, lived]).drop_nulls()["value"].unique().to_list()


def judged(hits: pl.DataFrame) -> pl.DataFrame:
    """``hits`` with birth, country, number, kind and alias: points, null where one side tells nothing.

    ``hits`` has birth_date, party_countries, party_numbers and party_is_person (null: not known) beside what
    `known_of_entries` tells, entry_type and quality.
    """
    year = pl.col("birth_date").dt.year()
    near = pl.any_horizontal(
        *(
            year.is_between(
                pl.col("born_years").list.get(at, null_on_oob=True).list.min() - YEARS_APART,
                pl.col("born_years").list.get(at, null_on_oob=True).list.max() + YEARS_APART,
            ).fill_null(False)
            for at in range(4)
        )
    )
    shared = pl.col("party_countries").list.set_intersection(pl.col("countries")).list.len() > 0
    numbers = (
        pl.col("party_numbers")
        .list.set_intersection(pl.col("numbers"))
        .list.eval(pl.element().filter(pl.element().str.len_chars() >= SHORTEST_NUMBER))
        .list.len()
        > 0
    )
    return hits.with_columns(
        birth=pl.when(pl.col("birth_date").is_null() | (pl.col("born_years").list.len() == 0))
        .then(None)
        .when(pl.col("born_days").list.contains(pl.col("birth_date")))
        .then(SAME_DAY)
        .when(near)
        .then(SAME_YEAR)
        .when(pl.col("born_years").is_not_null())
        .then(OTHER_YEAR),
        country=pl.when((pl.col("party_countries").list.len() > 0) & (pl.col("countries").list.len() > 0)).then(
            pl.when(shared).then(SAME_COUNTRY).otherwise(OTHER_COUNTRY)
        ),
        number=pl.when(numbers).then(SAME_NUMBER),
        kind=pl.when(pl.col("party_is_person") != (pl.col("entry_type") == "individual")).then(OTHER_KIND),
        alias=pl.when(pl.col("quality") == "weak").then(WEAK_ALIAS),
    )
