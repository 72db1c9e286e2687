"""Parties as the bank's register keeps them: natural persons and legal entities with their due-diligence data."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from simulator import names, places

OCCUPATIONS = names.words(
    "Teacher Nurse Electrician Accountant Carpenter Cook Driver Clerk Technician Programmer Pharmacist Gardener"
    " Mechanic Librarian Designer Cashier Surveyor Welder Translator Baker"
)
SOURCES = ("Salary", "Salary", "Salary", "Pension", "Self-employment")
PURPOSES = ("Salary account and household payments", "Household payments", "Savings and everyday payments")
GAP_FIELDS = ("tax_id", "occupation", "identifications", "phones", "source_of_funds", "expected_monthly_turnover")
_IDENTIFICATION = ("type", "number", "issued_on", "expires_on", "issuing_country", "issuing_state")
_ADDRESS = ("type", "line", "town", "state", "postal_code", "country")


def natural_persons(
    rng: np.random.Generator,
    count: int,
    today: date,
    towns: np.ndarray | None = None,
    ages: np.ndarray | None = None,
    family: np.ndarray | None = None,
) -> pl.DataFrame:
    """``count`` complete natural persons without party_id, segment and dates of the relationship.

    ``towns`` (indexes into ``places.TOWNS``), ``ages`` (years) and ``family`` (row of a person whose family name and
    address are shared, -1 for none) have shape (count,) each and are drawn where not given.
    """
    towns = places.draw_towns(rng, count) if towns is None else towns.copy()
    ages = 18 + (rng.beta(1.6, 2.4, count) * 70).astype(np.int64) if ages is None else ages
    born = [
        today - timedelta(days=int(age * 365.25 + extra))
        for age, extra in zip(ages, rng.integers(1, 364, count), strict=True)
    ]
    lines = np.array(places.street_lines(rng, count), dtype=object)
    if family is not None:
        lines = np.where(family >= 0, lines[family], lines)
        towns = np.where(family >= 0, towns[family], towns)
    persons = names.persons(rng, count, family)
    abroad = rng.random(count) < 0.12
    passport = rng.random(count) < 0.25
    issued = [today - timedelta(days=int(days)) for days in rng.integers(60, 1500, count)]
    numbers = rng.integers(10_000_000, 99_999_999, count)
    salaries = 900 + rng.lognormal(8.2, 0.45, count)
    return persons.select(
        pl.lit("natural_person").alias("party_type"),
        "name",
        "first_name",
        "last_name",
        "gender",
        pl.Series("birth_date", born, dtype=pl.Date),
        pl.Series("birth_place", [places.TOWNS[t].name for t in rng.integers(0, len(places.TOWNS), count)]),
        pl.when(pl.Series(abroad)).then("country").otherwise(pl.lit("US")).alias("nationality"),
        pl.lit("US").alias("residence_country"),
        _tax_ids(rng, count, "9").alias("tax_id"),
        pl.lit("US").alias("tax_id_country"),
        pl.Series("occupation", [OCCUPATIONS[i] for i in rng.integers(0, len(OCCUPATIONS), count)]),
        pl.Series(
            "identifications",
            [
                [
                    {
                        "type": "passport" if is_passport else "driving_licence",
                        "number": f"{'X' if is_passport else 'D'}{number}",
                        "issued_on": since.isoformat(),
                        "expires_on": (since + timedelta(days=3650 if is_passport else 2920)).isoformat(),
                        "issuing_country": "US",
                        "issuing_state": None if is_passport else places.TOWNS[town].state,
                    }
                ]
                for is_passport, number, since, town in zip(passport, numbers, issued, towns, strict=True)
            ],
            dtype=pl.List(pl.Struct(dict.fromkeys(_IDENTIFICATION, pl.String))),
        ),
        _addresses(lines, towns, "residence"),
        _phones(rng, towns, "mobile"),
        pl.concat_str(pl.lit("customer"), pl.Series(rng.integers(1, 10**9, count)), pl.lit("@example.com")).alias(
            "email"
        ),
        pl.Series("pep", rng.random(count) < 0.004),
        pl.Series("expected_monthly_turnover", np.round(salaries * 2, -2).astype(np.int64) * 100),
        pl.lit("USD").alias("expected_turnover_currency"),
        pl.Series("source_of_funds", [SOURCES[i] for i in rng.integers(0, len(SOURCES), count)]),
        pl.Series("purpose_of_relationship", [PURPOSES[i] for i in rng.integers(0, len(PURPOSES), count)]),
        pl.Series("town", towns),
    )


def legal_entities(
    rng: np.random.Generator, count: int, today: date, kind: str, industries: tuple[str, ...], turnover: np.ndarray
) -> pl.DataFrame:
    """``count`` complete legal entities of a kind of ``names.FIRM_TAILS`` without party_id, segment and dates.

    ``industries`` are NAICS 2022 codes to draw from, ``turnover`` (shape (count,)) US dollars a month.
    """
    towns = places.draw_towns(rng, count)
    lines = np.array(places.street_lines(rng, count), dtype=object)
    form = {"small": "Limited liability company", "large": "Corporation", "holding": "Limited partnership"}
    return pl.DataFrame({"name": names.firms(rng, count, kind)}).select(
        pl.lit("legal_entity").alias("party_type"),
        "name",
        pl.lit("US").alias("residence_country"),
        _tax_ids(rng, count, "07").alias("tax_id"),
        pl.lit("US").alias("tax_id_country"),
        pl.lit(form.get(kind, "Non-profit corporation")).alias("legal_form"),
        pl.concat_str(pl.lit("C"), pl.Series(rng.integers(10**6, 10**7, count))).alias("incorporation_number"),
        pl.Series(
            "incorporation_date",
            [today - timedelta(days=int(d)) for d in rng.integers(500, 9000, count)],
            dtype=pl.Date,
        ),
        pl.lit("US").alias("incorporation_country"),
        pl.Series("industry_code", [industries[i] for i in rng.integers(0, len(industries), count)], dtype=pl.String),
        _addresses(lines, towns, "business"),
        _phones(rng, towns, "business"),
        pl.concat_str(pl.lit("office"), pl.Series(rng.integers(1, 10**9, count)), pl.lit("@example.com")).alias(
            "email"
        ),
        pl.lit(False).alias("pep"),
        pl.Series("expected_monthly_turnover", np.round(turnover, -2).astype(np.int64) * 100),
        pl.lit("USD").alias("expected_turnover_currency"),
        pl.lit("Donations" if kind == "charity" else "Business income").alias("source_of_funds"),
        pl.lit("Operating account of the organisation").alias("purpose_of_relationship"),
        pl.Series("town", towns),
    )


def with_gaps(rng: np.random.Generator, parties: pl.DataFrame, share: float) -> pl.DataFrame:
    """The same parties, a ``share`` of which lacks one piece of due diligence each, as registers do."""
    lacks = np.where(rng.random(parties.height) < share, rng.integers(0, len(GAP_FIELDS), parties.height), -1)
    which = pl.Series(lacks)
    return parties.with_columns(
        pl.when(which == number).then(None).otherwise(pl.col(field)).alias(field)
        for number, field in enumerate(GAP_FIELDS)
    )


def _tax_ids(rng: np.random.Generator, count: int, prefix: str) -> pl.Expr:
    # A leading 9 with 00-49 in the fourth and fifth place, and the prefix 07, are ranges the authority never issued.
    area, serial = rng.integers(0, 100, count), rng.integers(0, 10_000, count)
    middle = rng.integers(0, 50, count)
    if prefix == "9":
        return pl.lit(
            pl.Series(
                [f"9{a:02d}{m:02d}{s:04d}" for a, m, s in zip(area, middle, serial, strict=True)], dtype=pl.String
            )
        )
    return pl.lit(
        pl.Series(
            [f"{prefix}{a:02d}{m % 10}{s:04d}" for a, m, s in zip(area, middle, serial, strict=True)], dtype=pl.String
        )
    )


def _addresses(lines: np.ndarray, towns: np.ndarray, kind: str) -> pl.Series:
    rows = []
    for line, index in zip(lines, towns, strict=True):
        town = places.TOWNS[index]
        rows.append(
            [
                {
                    "type": kind,
                    "line": line,
                    "town": town.name,
                    "state": town.state,
                    "postal_code": town.postal_code,
                    "country": "US",
                }
            ]
        )
    return pl.Series("addresses", rows, dtype=pl.List(pl.Struct(dict.fromkeys(_ADDRESS, pl.String))))


def _phones(rng: np.random.Generator, towns: np.ndarray, kind: str) -> pl.Series:
    # 555 is the exchange kept for fiction.
    lines = rng.integers(0, 10_000, len(towns))
    rows = [
        [{"type": kind, "number": f"+1{places.TOWNS[t].area_code}555{line:04d}"}]
        for t, line in zip(towns, lines, strict=True)
    ]
    return pl.Series("phones", rows, dtype=pl.List(pl.Struct({"type": pl.String, "number": pl.String})))
