"""Who is there: the parties, their accounts and what each customer earns and owes, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from simulator import outside, parties
from simulator.accounts import open_accounts
from simulator.business_calendar import BusinessCalendar, day_number

SEGMENT_SHARES = {"student": 0.08, "private": 0.05, "small_business": 0.10, "corporate": 0.03}
SHOP_INDUSTRIES = ("722513", "445131", "812111", "811111", "812310")
LARGE_INDUSTRIES = ("541511", "423830", "236220", "484121", "339112")
MINIMUM_CUSTOMERS = 100
# Dollars a month that customers with a special role declared, in keeping with what they do.
DECLARED_BY_ROLE = {
    "cash_shop": 290_000,
    "large_cash": 290_000,
    "landlord": 60_000,
    "charity": 20_000,
    "student_family": 3_500,
}


@dataclass(frozen=True)
class World:
    """The bank at its start. Arrays over customers have shape (customers,); an account is a row of ``accounts``.

    ``customer i`` is row i of ``parties`` and holds account i. An end point of a payment is a row of ``ends``: the
    bank's own accounts first, then the counterparties outside. -1 stands for none.
    """

    parties: pl.DataFrame
    accounts: pl.DataFrame
    ownership: pl.DataFrame
    ends: pl.DataFrame
    outside: dict[str, np.ndarray]
    segment: np.ndarray
    town: np.ndarray
    income: np.ndarray
    savings: np.ndarray
    euro: np.ndarray
    opened: np.ndarray
    owner: np.ndarray
    conductors: np.ndarray
    role: np.ndarray

    @property
    def customers(self) -> int:
        """How many customers the bank has."""
        return len(self.segment)

    def of(self, *segments: str) -> np.ndarray:
        """Customers of the segments that play no special role, ascending."""
        rows: np.ndarray = np.flatnonzero(np.isin(self.segment, segments) & (self.role == ""))
        return rows

    def playing(self, role: str) -> np.ndarray:
        """Customers of a special role, ascending."""
        rows: np.ndarray = np.flatnonzero(self.role == role)
        return rows


def build(
    rng: np.random.Generator, customers: int, cases: int, start: date, days: int, calendar: BusinessCalendar
) -> World:
    """A bank of ``customers`` with enough special parties for ``cases`` planted cases of each typology."""
    segment, role = _segments(customers, cases)
    persons = np.isin(segment, ("retail", "student", "private"))
    table, owner, ownership, conductors = _register(rng, segment, role, cases, start)
    opened = _opened(rng, segment, role, start, days, calendar)
    income = _incomes(rng, segment)
    table = _declared(table, segment, role, income)
    accounts, savings, euro = open_accounts(rng, table, segment, persons, opened, owner)
    others = outside.build(rng, customers)
    shift = accounts.height
    ends = pl.concat(
        [
            accounts.select(
                pl.col("account_name").alias("name"),
                "party_id",
                "account_id",
                pl.lit(outside.OWN_BANK).alias("agent"),
                pl.lit("US").alias("country"),
                "currency",
                "town",
                pl.lit(None, dtype=pl.String).alias("mcc"),
            ),
            others.table.select(
                "name",
                pl.lit(None, dtype=pl.String).alias("party_id"),
                pl.col("account_number").alias("account_id"),
                "agent",
                "country",
                "currency",
                "town",
                "mcc",
            ),
        ]
    )
    all_opened = accounts["opened_day"].to_numpy()
    return World(
        parties=table.with_columns(
            pl.Series("opened_day", np.concatenate([opened, np.full(table.height - customers, -1)]))
        ),
        accounts=accounts,
        ownership=ownership,
        ends=ends,
        outside={kind: rows + shift for kind, rows in others.groups.items()},
        segment=segment,
        town=table["town"].to_numpy()[:customers],
        income=income,
        savings=savings,
        euro=euro,
        opened=all_opened,
        owner=owner,
        conductors=conductors,
        role=role,
    )


def _segments(customers: int, cases: int) -> tuple[np.ndarray, np.ndarray]:
    counts = {name: max(3, round(customers * share)) for name, share in SEGMENT_SHARES.items()}
    counts["small_business"] += 4 * cases  # shops, large-cash shops, landlords, charities
    counts["student"] += cases
    retail = customers - sum(counts.values())
    segment = np.array(
        ["retail"] * retail + [name for name, count in counts.items() for _ in range(count)], dtype=object
    )
    role = np.full(customers, "", dtype=object)
    students, firms = np.flatnonzero(segment == "student"), np.flatnonzero(segment == "small_business")
    role[students[:cases]] = "student_family"
    for number, name in enumerate(("cash_shop", "large_cash", "landlord", "charity")):
        role[firms[number * cases : (number + 1) * cases]] = name
    role[: 2 * cases] = "mule"
    return segment, role


def _register(
    rng: np.random.Generator, segment: np.ndarray, role: np.ndarray, cases: int, start: date
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame, np.ndarray]:
    """The parties, the natural person behind each firm (-1 for a person), the ownership rows, the hired hands."""
    customers = len(segment)
    is_person = np.isin(segment, ("retail", "student", "private"))
    number = int(is_person.sum())
    family = np.full(number, -1, dtype=np.int64)
    second = np.arange(1, number, 2)
    alone = (role[second] != "") | (role[second - 1] != "") | (segment[second] != "retail")
    paired = second[(rng.random(len(second)) < 0.3) & ~alone]
    family[paired] = paired - 1
    ages = 19 + (rng.beta(1.7, 2.2, number) * 65).astype(np.int64)
    ages = np.where(segment[:number] == "student", 18 + ages % 7, ages)
    frames = [parties.with_gaps(rng, parties.natural_persons(rng, number, start, ages=ages, family=family), 0.04)]
    for kind, rows, industries in (
        (
            "small",
            np.flatnonzero((segment == "small_business") & (role != "charity") & (role != "landlord")),
            SHOP_INDUSTRIES,
        ),
        ("holding", np.flatnonzero(role == "landlord"), ("531110",)),
        ("charity", np.flatnonzero(role == "charity"), ("624210",)),
        ("large", np.flatnonzero(segment == "corporate"), LARGE_INDUSTRIES),
    ):
        entities = parties.legal_entities(rng, len(rows), start, kind, industries)
        entities = entities.with_columns(
            pl.when(pl.Series(np.isin(role[rows], ("cash_shop", "large_cash"))))
            .then(pl.lit("Cash takings of the shop, banked each business day"))
            .otherwise("source_of_funds")
            .alias("source_of_funds")
        )
        frames.append(entities.with_columns(pl.Series("row", rows, dtype=pl.Int64)))
    frames[0] = frames[0].with_columns(pl.Series("row", np.arange(number), dtype=pl.Int64))
    kept = pl.concat(frames, how="diagonal").sort("row")
    firms = np.flatnonzero(~is_person)
    holdings = max(2, int((segment == "corporate").sum()) // 2)
    owners, hands = len(firms) // 2 + 1 + holdings, 14 * cases
    outsiders = parties.natural_persons(rng, owners + hands, start)
    groups = parties.legal_entities(rng, holdings, start, "holding", ("551112",))
    table = pl.concat([kept, outsiders, groups], how="diagonal").with_columns(
        pl.Series("segment", [*segment, *["outsider"] * (owners + hands + holdings)])
    )
    ids = rng.permutation(table.height) + 1
    table = table.with_columns(pl.Series("party_id", [f"P{i:07d}" for i in ids]))
    first_owner, first_holding = customers, customers + owners + hands
    owner, ownership = _ownership(rng, table, segment, firms, first_owner, owners, first_holding, holdings, start)
    return table, owner, ownership, np.arange(first_owner + owners, first_holding)


def _ownership(
    rng: np.random.Generator,
    table: pl.DataFrame,
    segment: np.ndarray,
    firms: np.ndarray,
    first_owner: int,
    owners: int,
    first_holding: int,
    holdings: int,
    start: date,
) -> tuple[np.ndarray, pl.DataFrame]:
    """Half of the firms belong to customers, the others to outsiders; corporates also to chained holdings."""
    ids = table["party_id"].to_list()
    retail = np.flatnonzero(segment == "retail")
    owner = np.full(len(segment), -1, dtype=np.int64)
    rows: list[tuple[str, str, str, str | None, date]] = []
    for position, firm in enumerate(firms):
        since = start - timedelta(days=int(rng.integers(400, 4000)))
        owner[firm] = retail[rng.integers(len(retail))] if position % 2 else first_owner + position // 2
        if segment[firm] == "corporate":
            holding = first_holding + int(rng.integers(holdings))
            rows.append((ids[firm], ids[holding], "shares", "75.0000", since))
            rows.append((ids[firm], ids[owner[firm]], "shares", "25.0000", since))
            rows.append((ids[firm], ids[owner[firm]], "management", None, since))
        else:
            rows.append((ids[firm], ids[owner[firm]], "shares", "100.0000", since))
    for position in range(holdings):
        since = start - timedelta(days=int(rng.integers(400, 4000)))
        person = first_owner + owners - holdings + position
        if position:
            rows.append((ids[first_holding + position], ids[first_holding + position - 1], "shares", "60.0000", since))
        rows.append(
            (ids[first_holding + position], ids[person], "shares", "40.0000" if position else "100.0000", since)
        )
    schema = {
        "entity_id": pl.String,
        "owner_id": pl.String,
        "control_kind": pl.String,
        "share_percent": pl.String,
        "valid_from": pl.Date,
    }
    return owner, pl.DataFrame(rows, schema=schema, orient="row")


def _opened(
    rng: np.random.Generator, segment: np.ndarray, role: np.ndarray, start: date, days: int, calendar: BusinessCalendar
) -> np.ndarray:
    """Opening day of each customer's account: long ago, or for some (mules and students among them) just now."""
    first = day_number(start)
    opened = first - rng.integers(120, 4000, len(segment))
    young = (rng.random(len(segment)) < 0.03) & (role == "")
    lately = first + rng.integers(-30, max(1, days // 2), len(segment))
    opened = np.where(young, lately, opened)
    special = np.isin(role, ("mule", "student_family"))
    opened = np.where(special, first + rng.integers(-25, max(1, days // 4), len(segment)), opened)
    return np.array([calendar.on_or_after(int(day)) if day >= first - 30 else int(day) for day in opened])


def _incomes(rng: np.random.Generator, segment: np.ndarray) -> np.ndarray:
    """US dollars a month: pay of persons, turnover of firms."""
    medians = {
        "retail": 4600.0,
        "student": 900.0,
        "private": 19_000.0,
        "small_business": 24_000.0,
        "corporate": 900_000.0,
    }
    median = np.array([medians[name] for name in segment])
    incomes: np.ndarray = median * np.clip(rng.lognormal(0.0, 0.35, len(segment)), 0.5, 2.4)
    return incomes


def _declared(table: pl.DataFrame, segment: np.ndarray, role: np.ndarray, income: np.ndarray) -> pl.DataFrame:
    """The parties with the turnover that each customer declared: somewhat more than what it is going to earn."""
    declared = income * np.where(np.isin(segment, ("small_business", "corporate")), 1.2, 1.3)
    for name, dollars in DECLARED_BY_ROLE.items():
        declared[role == name] = dollars
    cents = np.concatenate(
        [np.round(declared, -2).astype(np.int64) * 100, np.zeros(table.height - len(segment), np.int64)]
    )
    known = pl.col("expected_monthly_turnover").is_not_null() & (pl.int_range(pl.len()) < len(segment))
    return table.with_columns(
        pl.when(known).then(pl.Series(cents)).otherwise("expected_monthly_turnover").alias("expected_monthly_turnover")
    )
