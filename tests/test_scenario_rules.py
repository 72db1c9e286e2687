"""The edges of each scenario, as dbt's unit tests beside the models state them."""

from __future__ import annotations

import marts_lake
from marts_lake import BuiltLake

all_at_once = marts_lake.all_at_once


def test_every_unit_test_of_the_scenarios_passes(all_at_once: BuiltLake) -> None:
    statuses = all_at_once.dbt(all_at_once.newest(), "test", "--select", "test_type:unit")
    tested = {name.split(".")[2] for name in statuses}
    scenarios = {name for (name,) in all_at_once.rows("select scenario_id from lake.seeds.scenarios")}
    assert tested == scenarios | {
        "ctr_reportable",
        "ctr_reports",
        "hubs",
        "case_alerts",
        "filing_steps",
        "weighed_alerts",
        "alerts",
        "int_account_holders",
        "int_name_words",
        *("rpt_mlro_filing", "rpt_mlro_violation", "rpt_str_case", "rpt_str_party"),
        "int_movements",
        "rpt_ctr_person",
        "rpt_reporting_entity",
        *("case_acts", "case_evidence", "case_violations", "deadlines"),
    }
    assert set(statuses.values()) == {"pass"}
