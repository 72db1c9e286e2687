"""Alerts held against labels: precision and recall by scenario, over accounts and over transactions."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from detection.named import named_accounts
from detection.truth import Truth

# Only accounts with labels are judged, so that a lake which holds other data too gives the same figures.
_FLAGGED = f"""
    with alerts as (
        select alert_id, scenario_id, subject_type, subject_id, evidence
        from lake.aml.alerts
        where withdrawn_pin is null
    ),
    flagged as ({named_accounts("alerts")}),
    judged as (
        select flagged.alert_id, flagged.scenario_id, labels.account_id, labels.is_laundering
        from flagged
        join account_labels as labels on labels.account_id = flagged.account_id
    ),
    evidence as (
        select distinct alerts.scenario_id, labels.end_to_end_id, labels.is_laundering
        from (select scenario_id, unnest(evidence) as transaction_id from alerts) as alerts
        join lake.intermediate.int_movements as movements on movements.transaction_id = alerts.transaction_id
        join transaction_labels as labels on labels.end_to_end_id = movements.end_to_end_id
    ),
    by_account as (
        select
            case when grouping(scenario_id) = 1 then 'any' else scenario_id end as scenario_id,
            count(distinct alert_id) as alerts,
            count(distinct account_id) as accounts_flagged,
            count(distinct account_id) filter (where is_laundering) as accounts_found
        from judged
        group by grouping sets ((scenario_id), ())
    ),
    by_transaction as (
        select
            case when grouping(scenario_id) = 1 then 'any' else scenario_id end as scenario_id,
            count(distinct end_to_end_id) as transactions_flagged,
            count(distinct end_to_end_id) filter (where is_laundering) as transactions_found
        from evidence
        group by grouping sets ((scenario_id), ())
    ),
    -- A scenario that named nobody stands here too: its recall is nought.
    named as (
        select scenario_id from lake.seeds.scenarios
        union
        select 'any'
    )
    select
        scenario_id,
        coalesce(alerts, 0),
        coalesce(accounts_flagged, 0),
        coalesce(accounts_found, 0),
        coalesce(transactions_flagged, 0),
        coalesce(transactions_found, 0)
    from named
    left join by_account using (scenario_id)
    left join by_transaction using (scenario_id)
    order by scenario_id <> 'any', scenario_id
"""  # noqa: S608


@dataclass(frozen=True)
class Score:
    """One scenario (``any``: all together) against the labels; precision is None where nothing was flagged."""

    scenario_id: str
    alerts: int
    accounts_flagged: int
    account_precision: float | None
    account_recall: float
    transaction_precision: float | None
    transaction_recall: float


def score(connection: duckdb.DuckDBPyConnection, truth: Truth) -> list[Score]:
    """Scores of all scenarios by the alerts that stand in the attached lake, ``any`` first.

    A label counts as found once, however many alerts name it.
    """
    connection.register("account_labels", truth.accounts)
    connection.register("transaction_labels", truth.transactions)
    accounts = int(truth.accounts["is_laundering"].sum())
    transactions = int(truth.transactions["is_laundering"].sum())
    rows = connection.execute(_FLAGGED).fetchall()
    return [
        Score(
            scenario_id=scenario,
            alerts=alerts,
            accounts_flagged=flagged,
            account_precision=found / flagged if flagged else None,
            account_recall=found / accounts,
            transaction_precision=moved_found / moved if moved else None,
            transaction_recall=moved_found / transactions,
        )
        for scenario, alerts, flagged, found, moved, moved_found in rows
    ]
