"""The order of the queue against labels: average precision, and what must be looked at to find four fifths of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from detection.errors import NotReplayed
from detection.ranking import Periods, Ranking, periods, rank_accounts, rank_second_half, rank_transfers
from detection.truth import Truth
from lakehouse.attach import connect
from lakehouse.settings import Settings

LABELLED = ["A1", "A2", "A3", "A4", "A5"]
ACCOUNTS = [*LABELLED, *(f"B{number}" for number in range(1, 6))]
TRUTH = Truth(
    "made for the test",
    pl.DataFrame({"account_id": ACCOUNTS, "is_laundering": [each in LABELLED for each in ACCOUNTS]}),
    pl.DataFrame({"end_to_end_id": ["E1", "E2", "E3"], "is_laundering": [True, False, True]}),
)
LAKE = """
    create schema lake.aml; create schema lake.intermediate;
    create table lake.intermediate.int_account_holders (account_id varchar, holder_party_ids varchar[]);
    insert into lake.intermediate.int_account_holders values ('A3', ['P1']), ('X1', ['P1']);
    create table lake.intermediate.int_movements (transaction_id varchar, end_to_end_id varchar);
    insert into lake.intermediate.int_movements values
        ('D1', 'E1'), ('C1', 'E1'), ('D2', 'E2'), ('C2', 'E2'), ('D3', 'E3'), ('C3', 'E3'), ('D9', 'E9');
    create table lake.intermediate.int_transfers (
        end_to_end_id varchar, debtor_account_id varchar, creditor_account_id varchar, booked_at timestamp,
        is_internal boolean
    );
    insert into lake.intermediate.int_transfers values
        ('E1', 'A1', 'A2', '2026-01-01', true), ('E2', 'B1', 'B2', '2026-01-03', true),
        ('E3', 'A5', 'B5', '2026-04-11', true), ('E9', 'A1', null, '2027-01-01', false);
    create table lake.aml.alerts (
        scenario_id varchar, subject_type varchar, subject_id varchar, evidence varchar[], points decimal(18, 4),
        detected_at timestamp, withdrawn_pin bigint
    );
    insert into lake.aml.alerts values
        -- Of one scenario the strongest counts, of two their sum: 3 + 2.
        ('cycle', 'account', 'A1', ['D1'], 1, '2026-01-02', null),
        ('cycle', 'account', 'A1', ['D1'], 3, '2026-01-02', null),
        ('fan_in', 'account', 'A1', ['D2'], 2, '2026-01-02', null),
        ('cycle', 'account', 'A2', ['D1'], 4, '2026-01-02', null),
        ('fan_in', 'account', 'B1', ['D2'], 3, '2026-02-01', null),
        -- A party's alert counts for the account that it holds and that has a label.
        ('structuring', 'party', 'P1', ['D9'], 2, '2026-01-02', null),
        ('cycle', 'account', 'A4', [], 1, '2026-01-02', null),
        ('cycle', 'account', 'B2', [], 1, '2026-01-02', null),
        ('cycle', 'account', 'B3', [], 9, '2026-01-02', 7),
        ('cycle', 'account', 'A5', ['D3'], 1, '2026-04-10', null);
"""


@pytest.fixture
def lake(catalog: tuple[str, Path], tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1]))) as connection:
        connection.execute(LAKE)
        yield connection


@pytest.fixture
def found(lake: duckdb.DuckDBPyConnection) -> Periods:
    return periods(lake, TRUTH)


def test_the_periods_are_those_of_the_transfers_between_accounts(found: Periods) -> None:
    assert (found.since, found.middle, found.until) == (
        datetime(2026, 1, 1),
        datetime(2026, 2, 20),
        datetime(2026, 4, 11),
    )
    early = found.first_half.filter("is_laundering")["account_id"].to_list()
    assert early == ["A1", "A2"]
    late = found.second_half.filter("is_laundering")["account_id"].to_list()
    assert late == ["A5", "B5"]


def test_accounts_come_in_the_order_of_their_points(lake: duckdb.DuckDBPyConnection, found: Periods) -> None:
    # A1 5, A2 4, B1 3, A3 2, then A4, A5 and B2 with 1 together, then the rest with none.
    precisions = [1.0, 1.0, 3 / 4, 5 / 7]
    gained = [1 / 5, 1 / 5, 1 / 5, 2 / 5]
    expected = sum(precision * gain for precision, gain in zip(precisions, gained, strict=True))
    ranking = rank_accounts(lake, TRUTH, found)
    assert ranking.average_precision == pytest.approx(expected)
    assert replace(ranking, average_precision=0.0) == Ranking(10, 5, 0.0, 5 / 7, 7 / 100)


def test_the_second_half_is_judged_by_the_alerts_detected_in_it(
    lake: duckdb.DuckDBPyConnection, found: Periods
) -> None:
    # B1 was alerted nineteen days before, A5 in it; A5 and B5 moved labelled money then.
    ranking = rank_second_half(lake, found)
    assert (ranking.judged, ranking.labelled) == (10, 2)
    assert ranking.average_precision == pytest.approx(1 * 1 / 2 + 2 / 10 * 1 / 2)


def test_transfers_come_by_the_alerts_that_have_them_in_evidence(
    lake: duckdb.DuckDBPyConnection, found: Periods
) -> None:
    # E1 4, E2 3 (the strongest of one scenario's two), E3 1.
    ranking = rank_transfers(lake, found)
    assert (ranking.judged, ranking.labelled) == (3, 2)
    assert ranking.average_precision == pytest.approx(1 * 1 / 2 + 2 / 3 * 1 / 2)


def test_where_nothing_is_labelled_there_is_no_figure(lake: duckdb.DuckDBPyConnection, found: Periods) -> None:
    nobody = replace(TRUTH, accounts=TRUTH.accounts.with_columns(is_laundering=False))
    assert rank_accounts(lake, nobody, found) == Ranking(10, 0, None, None, None)


def test_a_data_set_that_is_not_there_is_refused(lake: duckdb.DuckDBPyConnection) -> None:
    other = Truth("another", TRUTH.accounts, pl.DataFrame({"end_to_end_id": ["Z"], "is_laundering": [True]}))
    with pytest.raises(NotReplayed, match="no transfer between accounts of another is in the lake: run"):
        periods(lake, other)
