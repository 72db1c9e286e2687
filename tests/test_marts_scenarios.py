"""The list of scenarios: parameters in force with their sources, and what came of the alerts of the last 30 days."""

from __future__ import annotations

from decimal import Decimal

import marts_lake
import pytest
from landed_bank import at
from marts_lake import DecidedLake

from detection.scenarios import Catalogue, Scenario, catalogue
from lakehouse.attach import connect

decided = marts_lake.decided


@pytest.fixture(scope="module")
def found(decided: DecidedLake) -> Catalogue:
    """The scenarios of the lake that officers decided on."""
    with connect(decided.lake.settings, read_only=True) as connection:
        return catalogue(connection)


@pytest.fixture(scope="module")
def structuring(found: Catalogue) -> Scenario:
    """One of them."""
    (each,) = [each for each in found.scenarios if each.scenario_id == "structuring"]
    return each


def test_the_parameters_in_force_are_told_with_their_sources(found: Catalogue, structuring: Scenario) -> None:
    assert found.last_day == at(19).date()
    assert structuring.version == 1
    assert structuring.source == "31 CFR 1010.314; FFIEC BSA/AML Manual Appendix G"
    factors = {
        each.segment: each.value
        for each in structuring.parameters
        if each.parameter == "turnover_factor" and each.jurisdiction == "any"
    }
    assert factors == {"any": 0, "small_business": Decimal("1.25"), "corporate": Decimal("1.25")}
    # What the bank's jurisdiction itself has goes before what any has.
    thresholds = [each for each in structuring.parameters if each.parameter == "reporting_threshold"]
    assert [(each.jurisdiction, each.value) for each in thresholds] == [("US", Decimal(10000))]
    assert all(each.parameters for each in found.scenarios)
    assert all(each.source for scenario in found.scenarios for each in scenario.parameters)


def test_the_effect_counts_reports_among_what_is_decided(structuring: Scenario) -> None:
    # One case was reported and approved, one approved as no report, and the report on the third nobody else approved.
    assert (structuring.alerts, structuring.subjects) == (3, 3)
    assert (structuring.decided, structuring.reported, structuring.share_reported) == (2, 1, 0.5)


def test_where_nothing_is_decided_no_share_is_told(found: Catalogue) -> None:
    (cycle,) = [each for each in found.scenarios if each.scenario_id == "cycle"]
    assert (cycle.alerts, cycle.decided, cycle.share_reported) == (3, 0, None)
