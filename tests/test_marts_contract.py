"""Staging carries every field of the contracts, and the filing tables have the columns that the reports read."""

from __future__ import annotations

import marts_lake
import pytest
from marts_lake import BuiltLake

from contracts import load

all_at_once = marts_lake.all_at_once

STAGED = {
    "bank.accounts": "stg_accounts",
    "bank.ownership": "stg_ownership",
    "bank.parties": "stg_parties",
    "bank.transactions": "stg_transactions",
    "compliance.decisions": "stg_decisions",
    "compliance.exemptions": "stg_exemption_acts",
    "compliance.filings": "stg_filing_events",
    "reference.fx-rates": "stg_fx_rate_versions",
    "reference.watchlists": "stg_watchlist_entries",
}
TRACE = {"_topic": "VARCHAR", "_partition": "INTEGER", "_offset": "BIGINT", "_landed_at": "TIMESTAMP"}
PRINTED = {
    "rpt_str_transaction": "bank.transactions",
    "rpt_str_party": "bank.parties",
    "rpt_str_account": "bank.accounts",
}


def _columns(lake: BuiltLake, schema: str, table: str) -> dict[str, str]:
    return dict(
        lake.rows(
            "select column_name, data_type from duckdb_columns() "
            f"where database_name = 'lake' and schema_name = '{schema}' and table_name = '{table}'"
        )
    )


def test_every_topic_is_staged() -> None:
    assert set(STAGED) == set(load())


@pytest.mark.parametrize("topic", STAGED)
def test_staging_has_every_field_of_the_contract_and_the_trace(all_at_once: BuiltLake, topic: str) -> None:
    found = _columns(all_at_once, "staging", STAGED[topic])
    assert found == found | TRACE
    assert {field.name for field in load()[topic].fields} <= set(found)


@pytest.mark.parametrize("table", PRINTED)
def test_a_printed_field_has_the_type_of_its_contract(all_at_once: BuiltLake, table: str) -> None:
    landed = _columns(all_at_once, "landing", load()[PRINTED[table]].table)
    printed = _columns(all_at_once, "rpt", table)
    shared = set(landed) & set(printed)
    assert {name: printed[name] for name in shared} == {name: landed[name] for name in shared}
    assert len(shared) >= 10


def test_the_filing_tables_are_those_the_reports_read(all_at_once: BuiltLake) -> None:
    tables = all_at_once.rows(
        "select table_name, count(*) from duckdb_columns() "
        "where database_name = 'lake' and schema_name = 'rpt' group by all order by all"
    )
    assert tables == [
        ("rpt_as_of_day", 2),
        ("rpt_ctr", 9),
        ("rpt_ctr_account", 11),
        ("rpt_ctr_day", 7),
        ("rpt_ctr_filing", 6),
        ("rpt_ctr_movement", 19),
        ("rpt_ctr_party", 26),
        ("rpt_ctr_person", 23),
        ("rpt_ctr_register", 20),
        ("rpt_ctr_transaction", 33),
        ("rpt_doep", 33),
        ("rpt_filing_profile", 9),
        ("rpt_mlro_alert", 15),
        ("rpt_mlro_case", 24),
        ("rpt_mlro_country", 6),
        ("rpt_mlro_customer", 11),
        ("rpt_mlro_deadline", 13),
        ("rpt_mlro_filing", 11),
        ("rpt_mlro_violation", 9),
        ("rpt_reporting_entity", 23),
        ("rpt_str_account", 15),
        ("rpt_str_act", 16),
        ("rpt_str_alert", 14),
        ("rpt_str_case", 22),
        ("rpt_str_party", 40),
        ("rpt_str_transaction", 37),
        ("rpt_structuring_alert", 20),
        ("rpt_structuring_movement", 18),
    ]
