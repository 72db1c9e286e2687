"""Precision and recall by scenario: a label is found once, and a scenario that finds nothing is told as well."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from detection.score import Score, score
from detection.truth import Truth
from lakehouse.attach import connect
from lakehouse.settings import Settings

TRUTH = Truth(
    "made for the test",
    pl.DataFrame({"account_id": ["A1", "A2", "A3", "A4"], "is_laundering": [True, True, False, False]}),
    pl.DataFrame({"end_to_end_id": ["E1", "E2", "E3", "E4"], "is_laundering": [True, True, True, False]}),
)
LAKE = """
    create schema lake.aml; create schema lake.intermediate; create schema lake.seeds;
    create table lake.seeds.scenarios (scenario_id varchar, version integer);
    insert into lake.seeds.scenarios values ('fan_in', 1), ('fan_in', 2), ('structuring', 1), ('cycle', 1);
    create table lake.intermediate.int_account_holders (account_id varchar, holder_party_ids varchar[]);
    insert into lake.intermediate.int_account_holders values ('A1', ['P1']), ('A3', ['P1', 'P2']), ('A9', ['P1']);
    create table lake.intermediate.int_movements (transaction_id varchar, end_to_end_id varchar);
    insert into lake.intermediate.int_movements values
        ('T1', 'E1'), ('T1b', 'E1'), ('T2', 'E2'), ('T4', 'E4'), ('T9', 'E9');
    create table lake.aml.alerts (
        alert_id varchar, scenario_id varchar, subject_type varchar, subject_id varchar, evidence varchar[],
        withdrawn_pin bigint
    );
    insert into lake.aml.alerts values
        ('a', 'fan_in', 'account', 'A1', ['T1', 'T1b'], null),
        ('b', 'fan_in', 'account', 'A1', ['T1', 'T4'], null),
        ('c', 'structuring', 'party', 'P1', ['T9'], null),
        ('d', 'fan_in', 'account', 'A2', ['T2'], 7);
"""


def test_scores_of_every_scenario(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with connect(Settings(home=tmp_path, catalog=catalog[0], data_path=str(catalog[1]))) as connection:
        connection.execute(LAKE)
        found = score(connection, TRUTH)
    assert found == [
        Score("any", 3, 2, 1 / 2, 1 / 2, 1 / 2, 1 / 3),
        Score("cycle", 0, 0, None, 0.0, None, 0.0),
        # Two alerts on one account, and both movements of one transfer, are one find each; a withdrawn alert is none.
        Score("fan_in", 2, 1, 1.0, 1 / 2, 1 / 2, 1 / 3),
        # A person's alert flags the accounts of the person that have a label.
        Score("structuring", 1, 2, 1 / 2, 1 / 2, None, 0.0),
    ]
