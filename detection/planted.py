"""The simulator's planted cases against the alerts: what each scenario found, missed, and whom it wrongly named."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

# A case is found by an alert that has one of its movements in evidence.
_FOUND = """
    with alerts as (
        select scenario_id, alert_id, unnest(evidence) as transaction_id
        from lake.aml.alerts
        where withdrawn_pin is null
    ),
    cases as (
        select tag, case_no, typology, is_lookalike, unnest(transaction_ids) as transaction_id
        from planted_cases
    ),
    hits as (
        select distinct cases.tag, cases.case_no, alerts.scenario_id
        from cases
        join alerts using (transaction_id)
    ),
    by_typology as (
        select
            planted.typology as scenario_id,
            count(*) filter (where not planted.is_lookalike) as planted,
            count(*) filter (where not planted.is_lookalike and exists (
                select 1 from hits
                where hits.tag = planted.tag and hits.case_no = planted.case_no and hits.scenario_id = planted.typology
            )) as found,
            count(*) filter (where not planted.is_lookalike and exists (
                select 1 from hits where hits.tag = planted.tag and hits.case_no = planted.case_no
            )) as found_by_any,
            count(*) filter (where planted.is_lookalike) as lookalikes,
            count(*) filter (where planted.is_lookalike and exists (
                select 1 from hits where hits.tag = planted.tag and hits.case_no = planted.case_no
            )) as lookalikes_alerted
        from planted_cases as planted
        group by planted.typology
    ),
    right_alerts as (
        select distinct alerts.alert_id
        from alerts
        join cases using (transaction_id)
        where not cases.is_lookalike
    ),
    raised as (
        select
            alerts.scenario_id,
            count(distinct alerts.alert_id) as alerts,
            count(distinct alerts.alert_id) filter (where right_alerts.alert_id is null) as false_alerts
        from alerts
        left join right_alerts using (alert_id)
        group by alerts.scenario_id
    )
    select
        scenario_id,
        coalesce(raised.alerts, 0),
        coalesce(raised.false_alerts, 0),
        coalesce(planted, 0),
        coalesce(found, 0),
        coalesce(planted, 0) - coalesce(found, 0),
        coalesce(found_by_any, 0),
        coalesce(lookalikes, 0),
        coalesce(lookalikes_alerted, 0)
    from by_typology
    full join raised using (scenario_id)
    order by scenario_id
"""


@dataclass(frozen=True)
class Found:
    """One scenario and the planted cases of its typology.

    ``false_alerts`` have no movement of any planted case in evidence. ``found``: by this scenario; ``found_by_any``: by
    any scenario. ``lookalikes`` are innocent cases that resemble the typology, ``lookalikes_alerted`` those that some
    scenario named.
    """

    scenario: str
    alerts: int
    false_alerts: int
    planted: int
    found: int
    missed: int
    found_by_any: int
    lookalikes: int
    lookalikes_alerted: int


def planted_found(connection: duckdb.DuckDBPyConnection, truth: pl.DataFrame) -> list[Found]:
    """The alerts that stand in the attached lake, held against ``truth`` (see ``simulator.bank.read_truth``)."""
    connection.register("planted_cases", truth)
    return [Found(*row) for row in connection.execute(_FOUND).fetchall()]
