"""What the seeds give each jurisdiction: its thresholds, from its days on, in its currency, by its clock."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import marts_lake
import pytest
from landed_bank import Bank
from marts_lake import MakeLake

from lakehouse import build
from lakehouse.compiled import Statement, statements_between

make_lake = marts_lake.make_lake

JURISDICTIONS = ("US", "EU", "IN", "CA", "AU", "XX")
BEFORE, AFTER = date(2027, 7, 9), date(2027, 7, 10)
Rows = list[tuple[Any, ...]]
# Amounts of a person, one every so many days from a day on.
Pay = Callable[..., Rows]


@pytest.fixture(scope="module")
def statements(make_lake: MakeLake) -> dict[str, Statement]:
    """What depends on the parameters alone and on cash, as dbt compiles it."""
    lake = make_lake()
    lake.land([])
    names = ("structuring", "structured_withdrawals", "ctr_reportable")
    return {
        each.table.split(".")[1]: each
        for name in names
        for each in statements_between(lake.settings, lake.newest(), lake.target, "int_jurisdiction", name)
        if each.table.split(".")[1] in (*names, "int_scenario_parameters")
    }


@pytest.fixture(scope="module")
def bank_of(statements: dict[str, Statement]) -> Iterator[Callable[[str], duckdb.DuckDBPyConnection]]:
    """The seeds as they are committed, for a bank of a jurisdiction, in memory."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as lake")
    for schema in ("seeds", "intermediate", "structuring"):
        connection.execute(f"create schema lake.{schema}")
    typed = "header = true, types = {value: 'decimal(18, 4)', effective_from: 'date', effective_to: 'date'}"
    for seed in ("scenarios", "scenario_parameters", "segments", "jurisdictions"):
        file, how = build.PROJECT / "seeds" / f"{seed}.csv", typed if seed == "scenario_parameters" else "header = true"
        connection.execute(f"create table lake.seeds.{seed} as from read_csv('{file}', {how})")

    def bank_of(jurisdiction: str) -> duckdb.DuckDBPyConnection:
        connection.execute(
            "create or replace table lake.intermediate.int_jurisdiction as "
            f"from lake.seeds.jurisdictions where jurisdiction = '{jurisdiction}'"
        )
        made = statements["int_scenario_parameters"]
        connection.execute(f"create or replace table lake.{made.table} as {made.sql}")
        return connection

    yield bank_of
    connection.close()


@pytest.fixture(scope="module")
def pay(bank_of: Callable[[str], duckdb.DuckDBPyConnection], statements: dict[str, Statement]) -> Pay:
    """What a model says of one person's cash, of ``amounts`` on days from ``first`` on, ``days`` apart."""

    def pay(
        model: str, jurisdiction: str, *amounts: str, first: date = date(2026, 1, 5), days: int = 1, out: bool = False
    ) -> Rows:
        connection = bank_of(jurisdiction)
        connection.execute(
            """
            create or replace table lake.intermediate.int_cash_by_person as
            select
                'P' as person_id, 'T' || n as transaction_id, 'A' as account_id, 'P' as holder_party_id,
                null::varchar as conductor_party_id, 'holder' as person_role, $direction as direction, jurisdiction,
                'retail' as segment, 'B' as branch_id, base_currency, amounts[n]::decimal(18, 4) as base_amount,
                0::decimal(18, 4) as expected_monthly_turnover, day::date + interval 12 hours as booked_at,
                day::date as local_date, day::date as business_day
            from lake.intermediate.int_jurisdiction
            cross join (
                select amounts, n, $first::date + to_days(((n - 1) * $days)::integer) as day
                from (select $amounts as amounts, unnest(range(1, len($amounts) + 1)) as n)
            )
            """,
            {
                "direction": "debit" if out else "credit",
                "first": first,
                "days": days,
                "amounts": [Decimal(amount) for amount in amounts],
            },
        )
        sum_of = "cash_amount" if model == "ctr_reportable" else "amount"
        return connection.execute(
            f"select {sum_of}, base_currency from ({statements[model].sql}) order by all"
        ).fetchall()

    return pay


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_scenario_has_every_parameter_at_every_time(
    jurisdiction: str, bank_of: Callable[[str], duckdb.DuckDBPyConnection]
) -> None:
    connection = bank_of(jurisdiction)
    check = (build.PROJECT / "tests" / "scenario_parameters_are_complete.sql").read_text(encoding="utf-8")
    check = check.replace("{{ ref('int_scenario_parameters') }}", "lake.intermediate.int_scenario_parameters")
    assert connection.execute(check).fetchall() == []
    lacking = connection.execute(
        """
        select scenario_id from lake.seeds.scenarios
        anti join lake.intermediate.int_scenario_parameters using (scenario_id)
        """
    ).fetchall()
    assert lacking == []
    # All have what those of the US have: nobody is left with half of a law.
    parameters = "select distinct scenario_id, parameter from lake.intermediate.int_scenario_parameters order by all"
    here = connection.execute(parameters).fetchall()
    us = bank_of("US").execute(parameters).fetchall()
    assert [each for each in us if each[0] != "ctr"] == [each for each in here if each[0] != "ctr"]


@pytest.fixture
def changing(bank_of: Callable[[str], duckdb.DuckDBPyConnection]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds, to be changed by one test."""
    connection = bank_of("IN")
    connection.execute("begin")
    yield connection
    connection.execute("rollback")


def test_a_jurisdictions_own_row_goes_before_those_of_any(
    bank_of: Callable[[str], duckdb.DuckDBPyConnection], changing: duckdb.DuckDBPyConnection
) -> None:
    changing.execute(
        """
        insert into lake.seeds.scenario_parameters
        values ('structuring', 1, 'IN', 'any', 'turnover_factor', 9, '2000-01-01', null, 'A test')
        """
    )
    bank_of("IN")
    found = changing.execute(
        """
        select segment, value from lake.intermediate.int_scenario_parameters
        where scenario_id = 'structuring' and parameter = 'turnover_factor' and segment in ('retail', 'corporate')
        order by all
        """
    ).fetchall()
    # Also before the row that 'any' has for the segment.
    assert found == [("corporate", 9), ("retail", 9)]


def test_an_aggregation_that_there_is_not_stops_the_build(changing: duckdb.DuckDBPyConnection, pay: Pay) -> None:
    changing.execute("update lake.seeds.scenario_parameters set value = 7 where parameter = 'aggregation_days'")
    with pytest.raises(duckdb.InvalidInputException, match=r"gives ctr the aggregation_days 7\.0; there are 0 \(each"):
        pay("ctr_reportable", "US", "20000")


def test_us_reports_what_exceeds_10000_a_business_day(pay: Pay) -> None:
    assert pay("ctr_reportable", "US", "5000", "5000.01", days=0) == [(Decimal("10000.0100"), "USD")]
    assert pay("ctr_reportable", "US", "5000", "5000", days=0) == []
    assert pay("ctr_reportable", "US", "9000", "9000") == []
    assert pay("ctr_reportable", "US", "10000.01", out=True) == [(Decimal("10000.0100"), "USD")]


def test_us_structuring_is_more_than_10000(pay: Pay) -> None:
    assert pay("structuring", "US", "3000", "3500", "3500.01") == [(Decimal("10000.0100"), "USD")]
    assert pay("structuring", "US", "3000", "3500", "3500") == []
    # A deposit of exactly the threshold was not reported.
    assert len(pay("structuring", "US", "10000", "3000", "3000")) == 1


def test_india_reports_a_series_of_more_than_ten_lakh_within_a_calendar_month(pay: Pay) -> None:
    series = ("300000", "300000", "400000")
    assert pay("ctr_reportable", "IN", *series, "0.01", first=date(2026, 3, 1), days=10) == [
        (Decimal("1000000.0100"), "INR")
    ]
    assert pay("ctr_reportable", "IN", *series, first=date(2026, 3, 1), days=10) == []
    assert pay("ctr_reportable", "IN", *series, "0.01", first=date(2026, 3, 20), days=10) == []


def test_india_looks_for_structuring_over_a_month(pay: Pay) -> None:
    series = ("300000", "300000", "400000.01")
    assert pay("structuring", "IN", *series, days=15) == [(Decimal("1000000.0100"), "INR")]
    assert pay("structuring", "IN", *series, days=16) == []
    assert pay("structuring", "IN", "300000", "300000", "400000", days=15) == []


def test_canada_reports_10000_or_more_paid_in_within_24_hours(pay: Pay) -> None:
    assert pay("ctr_reportable", "CA", "4000", "6000", days=0) == [(Decimal("10000.0000"), "CAD")]
    assert pay("ctr_reportable", "CA", "4000", "5999.99", days=0) == []
    assert pay("ctr_reportable", "CA", "4000", "6000") == []
    assert pay("ctr_reportable", "CA", "10000", out=True) == []


@pytest.mark.parametrize(("jurisdiction", "currency"), [("CA", "CAD"), ("AU", "AUD")])
def test_canada_and_australia_look_for_structuring_of_10000_or_more(jurisdiction: str, currency: str, pay: Pay) -> None:
    assert pay("structuring", jurisdiction, "3000", "3500", "3500") == [(Decimal("10000.0000"), currency)]
    assert pay("structuring", jurisdiction, "3000", "3500", "3499.99") == []
    # A deposit of exactly the threshold was reported by itself, so only two are left.
    assert pay("structuring", jurisdiction, "10000", "3000", "3000") == []


def test_australia_reports_each_movement_of_10000_or_more_alone(pay: Pay) -> None:
    assert pay("ctr_reportable", "AU", "10000", "9999.99", "12000", days=0) == [
        (Decimal("10000.0000"), "AUD"),
        (Decimal("12000.0000"), "AUD"),
    ]
    assert pay("ctr_reportable", "AU", "10000", out=True) == [(Decimal("10000.0000"), "AUD")]


def test_eu_reports_cash_from_10_july_2027_on(pay: Pay) -> None:
    assert pay("ctr_reportable", "EU", "20000", first=BEFORE) == []
    assert pay("ctr_reportable", "EU", "10000.01", first=AFTER) == [(Decimal("10000.0100"), "EUR")]
    assert pay("ctr_reportable", "EU", "10000", first=AFTER) == []


def test_eu_structuring_is_of_15000_and_from_10_july_2027_on_of_10000(pay: Pay) -> None:
    old, new = {"first": BEFORE - timedelta(days=2)}, {"first": AFTER}
    assert pay("structuring", "EU", "5000", "5000", "5000", **old) == [(Decimal("15000.0000"), "EUR")]
    assert pay("structuring", "EU", "5000", "5000", "4999.99", **old) == []
    assert pay("structuring", "EU", "3000", "3500", "3500.01", **new) == [(Decimal("10000.0100"), "EUR")]
    assert pay("structuring", "EU", "3000", "3500", "3500", **new) == []
    # Who draws cash is to be identified from 10000 on.
    assert len(pay("structured_withdrawals", "EU", "3000", "3500", "3500", out=True, **new)) == 1


def test_a_country_without_rows_of_its_own_has_those_of_the_fatf(pay: Pay) -> None:
    assert len(pay("structuring", "XX", "5000", "5000", "5000.01")) == 1
    assert pay("structuring", "XX", "5000", "5000", "5000") == []
    assert pay("ctr_reportable", "XX", "50000") == []


def test_a_bank_in_india_counts_rupees_by_the_days_of_its_zone(
    make_lake: MakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(build.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    entity = project / "seeds" / "reporting_entity.csv"
    entity.write_text(entity.read_text(encoding="utf-8").replace(",US,America/New_York", ",IN,Asia/Kolkata"))
    bank = Bank()
    bank.rate("USD/INR", "80", date(2025, 12, 1))
    account = bank.customer("saver")
    # 20:00 UTC on the last of January is the first of February in India; the second is a Sunday and counts for itself.
    rupees = {"settled_currency": "INR", "instructed_currency": "INR"}
    bank.deposit(account, 900000, datetime(2026, 1, 31, 12), **rupees)
    bank.deposit(account, 500000, datetime(2026, 1, 31, 20), **rupees)
    bank.deposit(account, "6250.01", datetime(2026, 2, 28, 12))
    lake = make_lake()
    lake.land(bank.events)
    monkeypatch.setattr(build, "PROJECT", project)
    marts_lake.BuiltLake(lake.settings, tmp_path / "target").dbt(
        lake.newest(),
        *("build", "--select", "+ctr_reportable", "--indirect-selection", "cautious"),
        *("--exclude-resource-types", "test", "unit_test"),
    )
    found = lake.rows(
        "select party_id, cash_amount, base_currency, first_business_day, business_day "
        "from lake.structuring.ctr_reportable"
    )
    assert found == [("P-saver", Decimal("1000000.8000"), "INR", date(2026, 2, 1), date(2026, 2, 28))]
