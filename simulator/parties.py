"""Parties as the bank's register keeps them: natural persons and legal entities with their due-diligence data."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from simulator import names, places
from simulator.business_calendar import day_number

OCCUPATIONS = names.words(
    "Teacher Nurse Electrician Accountant Carpenter Cook Driver Clerk Technician Programmer Pharmacist Gardener"
    " Mechanic Librarian Designer Cashier Surveyor Welder Translator Baker"
)
SOURCES = ("Salary", "Salary", "Salary", "Pension", "Self-employment")
PURPOSES = ("Salary account and household payments", "Household payments", "Savings and everyday payments")
GAP_FIELDS = ("tax_id", "occupation", "identifications", "phones", "source_of_funds", "expected_monthly_turnover")


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
        _identifications(rng, today, towns),
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
    rng: np.random.Generator, count: int, today: date, kind: str, industries: tuple[str, ...]
) -> pl.DataFrame:
    """``count`` complete legal entities of a kind of ``names.FIRM_TAILS`` without party_id, segment and dates.

    ``industries`` are NAICS 2022 codes to draw from; the declared turnover is 50,000 dollars a month.
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
        pl.Series("expected_monthly_turnover", np.full(count, 5_000_000)),
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


def _identifications(rng: np.random.Generator, today: date, towns: np.ndarray) -> pl.Expr:
    """One document each: a passport for a quarter, a driving licence of the home state for the others."""
    passport = pl.lit(pl.Series(rng.random(len(towns)) < 0.25))
    issued = pl.lit(pl.Series(day_number(today) - rng.integers(60, 1500, len(towns)), dtype=pl.Int32).cast(pl.Date))
    expires = pl.when(passport).then(issued.dt.offset_by("10y")).otherwise(issued.dt.offset_by("8y"))
    number = pl.lit(pl.Series(rng.integers(10_000_000, 99_999_999, len(towns))))
    document = pl.struct(
        pl.when(passport).then(pl.lit("passport")).otherwise(pl.lit("driving_licence")).alias("type"),
        pl.concat_str(pl.when(passport).then(pl.lit("X")).otherwise(pl.lit("D")), number).alias("number"),
        issued.dt.strftime("%Y-%m-%d").alias("issued_on"),
        expires.dt.strftime("%Y-%m-%d").alias("expires_on"),
        pl.lit("US").alias("issuing_country"),
        pl.when(~passport).then(_of_town("state", towns)).alias("issuing_state"),
    )
    return pl.concat_list(document).alias("identifications")


def _of_town(attribute: str, towns: np.ndarray) -> pl.Expr:
    return pl.lit(pl.Series([getattr(town, attribute) for town in places.TOWNS]).gather(towns))


def _addresses(lines: np.ndarray, towns: np.ndarray, kind: str) -> pl.Expr:
    address = pl.struct(
        pl.lit(kind).alias("type"),
        pl.lit(pl.Series(lines.tolist(), dtype=pl.String)).alias("line"),
        _of_town("name", towns).alias("town"),
        _of_town("state", towns).alias("state"),
        _of_town("postal_code", towns).alias("postal_code"),
        pl.lit("US").alias("country"),
    )
    return pl.concat_list(address).alias("addresses")


def _phones(rng: np.random.Generator, towns: np.ndarray, kind: str) -> pl.Expr:
    # 555 is the exchange kept for fiction.
    line = pl.lit(pl.Series(rng.integers(0, 10_000, len(towns))).cast(pl.String).str.zfill(4))
    number = pl.concat_str(pl.lit("+1"), _of_town("area_code", towns), pl.lit("555"), line)
    return pl.concat_list(pl.struct(pl.lit(kind).alias("type"), number.alias("number"))).alias("phones")
