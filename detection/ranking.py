"""How well the order of the queue finds the labels: accounts by the points of their alerts, transfers likewise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from detection.errors import NotReplayed
from detection.named import named_accounts
from detection.truth import Truth

RECALL = 0.8
DAY_SECONDS = 86_400

# An account's points: of each scenario the most of one alert that names it, added up, as for a case.
_ACCOUNTS = f"""
    with alerts as (
        select scenario_id, subject_type, subject_id, points
        from lake.aml.alerts
        where withdrawn_pin is null and detected_at between $since and $until
    ),
    flagged as ({named_accounts("alerts")}),
    strongest as (
        select account_id, scenario_id, max(points) as points from flagged group by all
    ),
    summed as (
        select account_id, sum(points)::double as points from strongest group by all
    )
    select account_id, coalesce(points, 0) as points, is_laundering
    from judged
    left join summed using (account_id)
"""  # noqa: S608
_TRANSFERS = """
    with evidence as (
        select scenario_id, points, unnest(evidence) as transaction_id
        from lake.aml.alerts
        where withdrawn_pin is null
    ),
    strongest as (
        select movements.end_to_end_id, evidence.scenario_id, max(evidence.points) as points
        from evidence
        join lake.intermediate.int_movements as movements using (transaction_id)
        group by all
    ),
    summed as (
        select end_to_end_id, sum(points)::double as points from strongest group by all
    )
    select end_to_end_id, coalesce(points, 0) as points, is_laundering
    from judged
    left join summed using (end_to_end_id)
"""
_BOOKED = """
    select unnest([debtor_account_id, creditor_account_id]) as account_id, end_to_end_id, booked_at
    from lake.intermediate.int_transfers
    where is_internal
"""


@dataclass(frozen=True)
class Ranking:
    """How early labels come when what was judged is put in the order of its points.

    ``precision_at_recall``: the share of labels among what one must look at to see ``RECALL`` of them;
    ``looked_at_a_day``: how much that is, by day. What has the same points is looked at together. The last three are
    None where nothing is labelled.
    """

    judged: int
    labelled: int
    average_precision: float | None
    precision_at_recall: float | None
    looked_at_a_day: float | None


@dataclass(frozen=True)
class Periods:
    """The time a data set covers and its middle; the accounts, labelled if they moved labelled money in the half."""

    since: datetime
    middle: datetime
    until: datetime
    first_half: pl.DataFrame
    second_half: pl.DataFrame
    transfers: pl.DataFrame

    @property
    def days(self) -> float:
        """How many days it covers."""
        return (self.until - self.since).total_seconds() / DAY_SECONDS


def periods(connection: duckdb.DuckDBPyConnection, truth: Truth) -> Periods:
    """The periods of a replayed data set, by the transfers between its accounts in the attached lake.

    Raises:
        NotReplayed: none of its transfers is in the lake.
    """
    connection.register("transaction_labels", truth.transactions)
    moved = connection.execute(
        f"select * from ({_BOOKED}) join transaction_labels using (end_to_end_id)"  # noqa: S608
    ).pl()
    if moved.is_empty():
        raise NotReplayed(
            f"no transfer between accounts of {truth.dataset} is in the lake: run 'vigil sink run --until-caught-up' "
            "and 'vigil build' after the replay"
        )
    since, until = moved["booked_at"].min(), moved["booked_at"].max()
    assert isinstance(since, datetime)
    assert isinstance(until, datetime)
    middle = since + (until - since) / 2
    labelled = moved.filter("is_laundering")
    is_early = pl.col("booked_at") < middle
    return Periods(
        since,
        middle,
        until,
        _labelled(truth, labelled.filter(is_early)),
        _labelled(truth, labelled.filter(~is_early)),
        moved.select("end_to_end_id", "is_laundering").unique(),
    )


def _labelled(truth: Truth, moved: pl.DataFrame) -> pl.DataFrame:
    guilty = moved["account_id"].unique().to_list()
    return truth.accounts.select("account_id", is_laundering=pl.col("account_id").is_in(guilty))


def rank_accounts(connection: duckdb.DuckDBPyConnection, truth: Truth, found: Periods) -> Ranking:
    """All accounts with labels, by all alerts that stand in the attached lake."""
    return _accounts(connection, truth.accounts, found.since, found.until, found.days)


def rank_second_half(connection: duckdb.DuckDBPyConnection, found: Periods) -> Ranking:
    """All accounts, labelled if they moved labelled money in the second half, by the alerts detected in it."""
    return _accounts(connection, found.second_half, found.middle, found.until, found.days / 2)


def rank_transfers(connection: duckdb.DuckDBPyConnection, found: Periods) -> Ranking:
    """The transfers between accounts, by the alerts that have them in evidence."""
    connection.register("judged", found.transfers)
    return ranking(connection.execute(_TRANSFERS).pl(), found.days)


def _accounts(
    connection: duckdb.DuckDBPyConnection, judged: pl.DataFrame, since: datetime, until: datetime, days: float
) -> Ranking:
    connection.register("judged", judged)
    return ranking(connection.execute(_ACCOUNTS, {"since": since, "until": until}).pl(), days)


def ranking(judged: pl.DataFrame, days: float) -> Ranking:
    """Of ``judged``: points and is_laundering, one row what can be looked at; over so many days."""
    labelled = int(judged["is_laundering"].sum())
    if not labelled:
        return Ranking(judged.height, 0, None, None, None)
    steps = (
        judged.group_by("points")
        .agg(pl.len().alias("looked_at"), pl.col("is_laundering").sum().alias("found"))
        .sort("points", descending=True)
        .select(pl.col("looked_at").cum_sum(), pl.col("found").cum_sum())
        .with_columns(precision=pl.col("found") / pl.col("looked_at"), recall=pl.col("found") / labelled)
    )
    gained = steps["recall"].diff().fill_null(steps["recall"][0])
    enough = steps.filter(pl.col("recall") >= RECALL).row(0, named=True)
    return Ranking(
        judged=judged.height,
        labelled=labelled,
        average_precision=float((gained * steps["precision"]).sum()),
        precision_at_recall=enough["precision"],
        looked_at_a_day=enough["looked_at"] / days,
    )
