"""How well a learned priority orders accounts and transfers that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from detection.errors import TooFewLabels
from detection.priority.fitting import fit, score
from detection.priority.outcomes import of_truth
from detection.ranking import Periods, Ranking, ranking
from detection.truth import Truth

# What its two sides are worth together, each by the alerts on it that have the transfer in evidence.
_TRANSFERS = """
    with evidence as (
        select distinct alerts.alert_id, movements.end_to_end_id
        from (
            select alert_id, unnest(evidence) as transaction_id from lake.aml.alerts where withdrawn_pin is null
        ) as alerts
        join lake.intermediate.int_movements as movements using (transaction_id)
    ),
    sides as (
        select transfers.end_to_end_id, scored.subject_id, max(scored.points) as points
        from evidence
        join scored using (alert_id)
        join lake.intermediate.int_transfers as transfers
            on transfers.end_to_end_id = evidence.end_to_end_id
            and scored.subject_id in (transfers.debtor_account_id, transfers.creditor_account_id)
        group by all
    )
    select end_to_end_id, sum(points) as points from sides group by all
"""


@dataclass(frozen=True)
class Learned:
    """Each alert on an account scored by trees that were not taught by that account.

    ``second_half``: trees taught by alerts and labels of the first half alone order the alerts of the second.
    """

    accounts: Ranking
    second_half: Ranking
    transfers: Ranking


def learned(connection: duckdb.DuckDBPyConnection, truth: Truth, found: Periods) -> Learned | None:
    """The priority that the data set's labels would teach; None where they are too few."""
    alerts = of_truth(connection, truth)
    try:
        scored = _scored(alerts, pa.array(fit(alerts).unseen))
        late = _second_half(alerts, found)
    except TooFewLabels:
        return None
    connection.register("scored", scored)
    by_transfer = connection.execute(_TRANSFERS).pl()
    return Learned(
        accounts=_by_account(scored, truth.accounts, found.days),
        second_half=_by_account(late, found.second_half, found.days / 2),
        transfers=ranking(_judged(found.transfers, by_transfer, "end_to_end_id"), found.days),
    )


def _second_half(alerts: pa.Table, found: Periods) -> pl.DataFrame:
    is_early = pc.less(alerts["detected_at"], pa.scalar(found.middle))
    early, late = alerts.filter(is_early), alerts.filter(pc.invert(is_early))
    guilty = found.first_half.filter("is_laundering")["account_id"].to_arrow()
    taught = early.set_column(
        early.schema.get_field_index("label"), "label", pc.is_in(early["subject_id"].cast(guilty.type), guilty)
    )
    return _scored(late, pa.array(score(fit(taught).model, late)))


def _scored(alerts: pa.Table, points: pa.Array) -> pl.DataFrame:
    return pl.DataFrame(alerts.select(["alert_id", "subject_id"]).append_column("points", points))


def _by_account(scored: pl.DataFrame, judged: pl.DataFrame, days: float) -> Ranking:
    points = scored.group_by(pl.col("subject_id").alias("account_id")).agg(pl.col("points").max())
    return ranking(_judged(judged, points, "account_id"), days)


def _judged(judged: pl.DataFrame, points: pl.DataFrame, key: str) -> pl.DataFrame:
    return judged.join(points, on=key, how="left").with_columns(pl.col("points").fill_null(0.0))
