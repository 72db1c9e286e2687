"""The scenarios as they stand: versions, parameters in force, and what they did in the last days of event time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from lakehouse.errors import NotBuilt

EFFECT_DAYS = 30

_LAST_DAY = "select max(local_date) from lake.intermediate.int_movements"
_PARAMETERS = """
    select distinct
        scenario_id, version, given_jurisdiction, given_segment, parameter, value, effective_from, source
    from lake.intermediate.int_scenario_parameters
    where $day between first_day and coalesce(last_day, date '9999-12-31')
    order by all
"""
# An outcome stands once a second officer approved it; only a report needs that.
_SCENARIOS = """
    with raised as (
        select
            alerts.scenario_id,
            alerts.scenario_version,
            alerts.alert_id,
            alerts.subject_type || alerts.subject_id as subject,
            alerts.suppressed_by is not null as is_suppressed,
            cases.status = 'approved' and cases.disposition = 'report' as is_reported,
            cases.status = 'approved' or (cases.status = 'disposed' and cases.disposition <> 'report') as is_decided
        from lake.aml.alerts as alerts
        left join lake.str.case_alerts as placed using (alert_id)
        left join lake.str.cases as cases using (case_id)
        where alerts.withdrawn_pin is null and alerts.detected_at >= $day - to_days($days - 1)
    )
    select
        scenarios.scenario_id,
        scenarios.version,
        scenarios.name,
        scenarios.typology,
        scenarios.source,
        count(alert_id),
        count(distinct subject),
        count(*) filter (where is_suppressed),
        count(*) filter (where is_decided),
        count(*) filter (where is_reported)
    from lake.seeds.scenarios as scenarios
    left join raised
        on raised.scenario_id = scenarios.scenario_id and raised.scenario_version = scenarios.version
    group by all
    order by all
"""


@dataclass(frozen=True)
class Parameter:
    """A value in force for the bank.

    ``segment`` is ``any`` for all segments without a row of their own; ``jurisdiction`` is ``any`` where that of the
    bank has none.
    """

    jurisdiction: str
    segment: str
    parameter: str
    value: Decimal
    effective_from: date
    source: str


@dataclass(frozen=True)
class Scenario:
    """A scenario and its effect in the last 30 days of event time, by the alerts that stand.

    ``suppressed``: alerts that a decision kept from opening a case; ``decided``: alerts of cases whose outcome stands;
    ``reported``: those of them that became reports; ``share_reported``: None where nothing is decided.
    """

    scenario_id: str
    version: int
    name: str
    typology: str
    source: str
    alerts: int
    subjects: int
    suppressed: int
    decided: int
    reported: int
    share_reported: float | None
    parameters: list[Parameter]


@dataclass(frozen=True)
class Catalogue:
    """All scenarios; ``last_day`` is the last day of event time, None where nothing moved yet."""

    last_day: date | None
    scenarios: list[Scenario]


def catalogue(connection: duckdb.DuckDBPyConnection) -> Catalogue:
    """The scenarios of the attached lake, with the parameters in force on its last day.

    Raises:
        NotBuilt: the marts were not built yet.
    """
    try:
        ((last_day,),) = connection.execute(_LAST_DAY).fetchall()
        day = last_day or date.max
        parameters = connection.execute(_PARAMETERS, {"day": day}).fetchall()
        found = connection.execute(_SCENARIOS, {"day": day, "days": EFFECT_DAYS}).fetchall()
    except duckdb.CatalogException as error:
        raise NotBuilt(f"the scenarios are not in the lake yet: run 'vigil build' first ({error})") from error
    scenarios = [
        Scenario(
            scenario_id=scenario_id,
            version=version,
            name=name,
            typology=typology,
            source=source,
            alerts=alerts,
            subjects=subjects,
            suppressed=suppressed,
            decided=decided,
            reported=reported,
            share_reported=reported / decided if decided else None,
            parameters=[Parameter(*each[2:]) for each in parameters if each[:2] == (scenario_id, version)],
        )
        for scenario_id, version, name, typology, source, alerts, subjects, suppressed, decided, reported in found
    ]
    return Catalogue(last_day, scenarios)
