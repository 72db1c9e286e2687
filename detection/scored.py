"""All that is told of the alerts of one lake against the labels of one data set."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from detection.priority.ranked import Learned, learned
from detection.ranking import Periods, Ranking, rank_accounts, rank_second_half, rank_transfers
from detection.score import Score, score
from detection.truth import Truth


@dataclass(frozen=True)
class Scored:
    """Each scenario by itself, and what they give together as an order of what to look at first.

    ``second_half``: accounts that moved labelled money in the second half of the time, by the alerts
    detected in it. ``learned``: the same by a priority that the labels of other accounts, or of an
    earlier time, taught; None where there are too few.
    """

    scenarios: list[Score]
    accounts: Ranking
    second_half: Ranking
    transfers: Ranking
    learned: Learned | None


def scored(connection: duckdb.DuckDBPyConnection, truth: Truth, found: Periods) -> Scored:
    """The alerts that stand in the attached lake; ``found`` are the periods of the data set as it was replayed."""
    return Scored(
        scenarios=score(connection, truth),
        accounts=rank_accounts(connection, truth, found),
        second_half=rank_second_half(connection, found),
        transfers=rank_transfers(connection, found),
        learned=learned(connection, truth, found),
    )
