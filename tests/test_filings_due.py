"""Which cases are due under which profile: one without movements under that for activity without transactions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reporting_case import CASE, tables
from reporting_lake import build, reporting_lake

from orchestration.defs.filings.due import due

STR, SAR = "goaml-5.0.1-str", "goaml-5.0.1-sar"


def test_a_case_without_movements_is_due_under_the_profile_for_activity(
    new_catalog: Callable[[], tuple[str, Path]], tmp_path: Path
) -> None:
    rows = tables()
    profile = rows["rpt_filing_profile"][0] | {"about": "case"}
    rows["rpt_filing_profile"] = [
        {**profile, "profile": STR, "with_movements": True, "without_movements": False},
        {**profile, "profile": SAR, "with_movements": False, "without_movements": True},
    ]
    rows["rpt_str_case"].append({**rows["rpt_str_case"][0], "case_id": "without", "transaction_count": 0})
    with reporting_lake(new_catalog(), tmp_path, rows) as (connection, settings):
        pin = build(connection, rows)
        assert due(connection, settings, STR, pin) == [CASE]
        assert due(connection, settings, SAR, pin) == ["without"]
