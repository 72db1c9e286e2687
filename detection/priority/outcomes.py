"""What became of alerts: labels from officers' decisions, or from a replayed data set."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from detection.named import named_accounts
from detection.priority.folds import folds
from detection.truth import Truth

DECISIONS = "decisions"

# The features that the build before the decision knew, not those of an alert amended since.
_OF_DECISIONS = """
    with disposals as (
        select case_id, arg_max(_pin, act_number) as pin
        from lake.str.case_acts
        where act = 'disposed' and violated_rule is null
        group by all
    )
    select
        alerts.alert_id,
        alerts.subject_type || ' ' || alerts.subject_id as subject_id,
        alerts.detected_at,
        known.features,
        cases.disposition = 'report' as label
    from lake.str.cases as cases
    join disposals on disposals.case_id = cases.case_id
    join lake.str.case_alerts as alerts on alerts.case_id = cases.case_id
    join lake.aml.alert_features as known on known.alert_id = alerts.alert_id and known.pin <= disposals.pin
    where
        cases.status = 'approved'
        and cases.disposition in ('report', 'no_report')
        and alerts.detected_at <= cases.disposed_at
    qualify row_number() over (partition by alerts.alert_id order by known.pin desc) = 1
    order by alerts.alert_id
"""
_OF_TRUTH = f"""
    with alerts as (
        select alert_id, subject_type, subject_id, detected_at
        from lake.aml.alerts
        where withdrawn_pin is null
    ),
    named as ({named_accounts("alerts")}),
    known as (
        select alert_id, features from lake.aml.alert_features
        qualify row_number() over (partition by alert_id order by pin desc) = 1
    )
    select
        named.alert_id,
        named.account_id as subject_id,
        named.detected_at,
        known.features,
        account_labels.is_laundering as label
    from named
    join known on known.alert_id = named.alert_id
    join account_labels on account_labels.account_id = named.account_id
    order by named.alert_id, named.account_id
"""  # noqa: S608


def of_decisions(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Alerts of cases whose disposal was approved: label is whether it was to report; a referred case has none.

    Columns: alert_id, subject_id, detected_at, features, label, fold (0 to 4, by the holder).
    """
    found = connection.execute(_OF_DECISIONS).to_arrow_table()
    return _with_folds(connection, found, found["subject_id"].to_pylist())


def of_truth(connection: duckdb.DuckDBPyConnection, truth: Truth) -> pa.Table:
    """Alerts that stand and the accounts they name, with the data set's labels; the same columns."""
    connection.register("account_labels", truth.accounts)
    found = connection.execute(_OF_TRUTH).to_arrow_table()
    return _with_folds(connection, found, [f"account {account}" for account in found["subject_id"].to_pylist()])


def _with_folds(connection: duckdb.DuckDBPyConnection, found: pa.Table, subjects: list[str]) -> pa.Table:
    return found.append_column("fold", pa.array(folds(connection, subjects), pa.int32()))
