"""An alert's sentence tells every limit that its measures have."""

from __future__ import annotations

import re
from decimal import Decimal

import marts_lake
import orjson
from marts_lake import BuiltLake

all_at_once = marts_lake.all_at_once

LIMITS = ("minimum_", "maximum_", "lookback_days")
SCENARIOS = (
    *("early_loan_repayment", "gather_scatter", "round_trip", "shared_address", "shared_device"),
    *("shell_company", "terrorist_financing"),
)


def told(value: float, reason: str) -> bool:
    """Whether the number is in the sentence: as it is, as money or as a share in percent."""
    exact = Decimal(str(value))
    forms = {f"{exact.normalize():f}", f"{exact:,.2f}", f"{100 * exact:.0f}%", f"{100 * exact:.1f}%"}
    return any(re.search(rf"(?<![\d.,]){re.escape(form)}(?!\d)", reason) for form in forms)


def test_every_limit_is_in_the_sentence(all_at_once: BuiltLake) -> None:
    untold = {
        (scenario, limit)
        for scenario, reason, measures in all_at_once.rows("select scenario_id, reason, measures from lake.aml.alerts")
        for limit, value in orjson.loads(measures).items()
        if scenario in SCENARIOS and limit.startswith(LIMITS) and not told(value, reason)
    }
    assert untold == set()
