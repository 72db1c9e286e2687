"""What the alerts of a trial find of the truth on this machine: planted cases of simulated banks, labels of replays.

Only what moved in the trial's days and segment counts as something to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from detection.named import named_accounts
from detection.truth import read_truth

SIMULATED = "simulated bank"

_PLANTED = """
    create table planted as
    with movements as (
        select tag || '-' || case_no as case_id, typology, unnest(transaction_ids) as transaction_id
        from planted_cases
        where not is_lookalike
    )
    select movements.*
    from movements
    where movements.case_id in (
        select m.case_id from movements as m join in_scope on in_scope.transaction_id = m.transaction_id
    )
"""
# Recall over the cases of the scenario's own typology, or over all if none is called like the scenario; an alert is
# right if it has a movement of any planted case in evidence. Alerts on replayed data are none of this bank's.
_OF_PLANTED = """
    with sought as (
        select distinct case_id
        from planted
        where typology = $scenario or $scenario not in (select typology from planted)
    ),
    evidence as (
        select point, alert_id, unnest(evidence) as transaction_id from raised
    ),
    hits as (
        select distinct evidence.point, evidence.alert_id, planted.case_id
        from evidence
        join planted on planted.transaction_id = evidence.transaction_id
    ),
    judged as (
        select point, alert_id from raised
        except
        select point, alert_id from named_accounts where account_id in (select label_id from labels)
    )
    select
        point,
        (select count(*) from sought),
        (select count(distinct hits.case_id) from hits join sought using (case_id) where hits.point = points.point),
        (select count(*) from judged where judged.point = points.point),
        (select count(distinct hits.alert_id) from hits where hits.point = points.point)
    from points
    order by point
"""
_NAMED = f"""
    create view named_accounts as
    select point, alert_id, account_id from ({named_accounts("raised")});

    create view named_transfers as
    select distinct raised.point, movements.end_to_end_id
    from (select point, unnest(evidence) as transaction_id from raised) as raised
    join lake.intermediate.int_movements as movements on movements.transaction_id = raised.transaction_id;

    create table labels (source varchar, unit varchar, label_id varchar, is_laundering boolean);
"""  # noqa: S608
_LABELS = """
    insert into labels
    select $source, 'accounts', account_id, is_laundering
    from account_labels
    where account_id in (select account_id from in_scope)
    union all
    select $source, 'transfers', end_to_end_id, is_laundering
    from transaction_labels
    where end_to_end_id in (select end_to_end_id from in_scope)
"""
_OF_LABELS = """
    with named as (
        select distinct point, 'accounts' as unit, account_id as label_id from named_accounts
        union all
        select point, 'transfers', end_to_end_id from named_transfers
    ),
    found as (
        select
            named.point,
            labels.source,
            labels.unit,
            count(*) filter (where labels.is_laundering) as found,
            count(*) as flagged
        from named
        join labels on labels.unit = named.unit and labels.label_id = named.label_id
        group by all
    ),
    sought as (
        select source, unit, count(*) filter (where is_laundering) as labelled from labels group by all
    )
    select points.point, sought.source, sought.unit, labelled, coalesce(found, 0), coalesce(flagged, 0)
    from points
    cross join sought
    left join found on found.point = points.point and found.source = sought.source and found.unit = sought.unit
    order by all
"""


@dataclass(frozen=True)
class Labelled:
    """How the alerts of one point stand against one kind of label.

    ``unit``: planted cases, accounts or transfers. ``labelled`` are there to find, ``found`` were. ``flagged`` were
    named, ``right`` of them rightly; of planted cases both count alerts. Shares are None where there is nothing.
    """

    source: str
    unit: str
    labelled: int
    found: int
    recall: float | None
    flagged: int
    right: int
    precision: float | None


def truth_in(home: Path) -> tuple[list[Path], list[str]]:
    """What truth lies under ``home``: the files of simulated banks and the names of replayed data sets."""
    files = sorted((home / "truth").glob("*.parquet"))
    simulated = [file for file in files if file.stem.startswith("bank-")]
    return simulated, [file.stem for file in files if file not in simulated]


def labelled(
    connection: duckdb.DuckDBPyConnection, home: Path, scenario: str, segment: str | None, days: tuple[date, date]
) -> dict[int, list[Labelled]]:
    """By point: the alerts in ``raised`` of a trial's connection, against all truth under ``home``."""
    simulated, replayed = truth_in(home)
    connection.execute(
        """
        create table in_scope as
        select transaction_id, end_to_end_id, account_id
        from lake.intermediate.int_movements
        where booked_at::date between $first and $last and ($segment is null or segment = $segment)
        """,
        {"first": days[0], "last": days[1], "segment": segment},
    )
    connection.execute(_NAMED)
    for name in replayed:
        truth = read_truth(home, name)
        connection.register("account_labels", truth.accounts)
        connection.register("transaction_labels", truth.transactions)
        connection.execute(_LABELS, {"source": name})
    found: dict[int, list[Labelled]] = {}
    if simulated:
        cases = pl.concat(
            pl.read_parquet(file).with_columns(tag=pl.lit(file.stem.removeprefix("bank-"))) for file in simulated
        )
        connection.register("planted_cases", cases)
        connection.execute(_PLANTED)
        for point, *counts in connection.execute(_OF_PLANTED, {"scenario": scenario}).fetchall():
            found.setdefault(point, []).append(_labelled(SIMULATED, "planted cases", *counts))
    for point, source, unit, sought, right, flagged in connection.execute(_OF_LABELS).fetchall():
        found.setdefault(point, []).append(_labelled(source, unit, sought, right, flagged, right))
    return found


def _labelled(source: str, unit: str, sought: int, found: int, flagged: int, right: int) -> Labelled:
    return Labelled(
        source=source,
        unit=unit,
        labelled=sought,
        found=found,
        recall=found / sought if sought else None,
        flagged=flagged,
        right=right,
        precision=right / flagged if flagged else None,
    )
