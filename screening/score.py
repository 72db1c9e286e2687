"""How far two names are one: what their words have in common, less what each has alone."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from screening.alignment import aligned


@dataclass(frozen=True)
class Costs:
    """What takes away, as a part of the words' weight: fixed on the half of the pairs that is there to develop on."""

    unlike: float
    conflict: float
    extra: float
    thin: float


PERSON = Costs(unlike=1.15, conflict=0.6, extra=0.24, thin=0.4)
FIRM = Costs(unlike=1.2, conflict=0.5, extra=0.22, thin=0.45)


def scored(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``pairs`` with score (0 to 1), and the words that answer each other, from `screening.alignment.aligned`.

    The score is common / (common + unlike + conflict + extra): the weight of what answers, of how far it differs, of
    words on both sides that answer nothing, and of words that one side has more.
    """
    matches = aligned(pairs, left, right)
    weight = (pl.col("left_weight") + pl.col("right_weight")) / 2
    common = matches.group_by("pair").agg(
        common=(weight * pl.col("alike")).sum(),
        unlike=(weight * (1 - pl.col("alike"))).sum(),
        left_common=pl.col("left_weight").sum(),
        right_common=pl.col("right_weight").sum(),
    )
    result = (
        pairs.join(common, on="pair", how="left")
        .join(_total(left).rename({"total": "left_total"}), left_on="left_id", right_on="name_id", how="left")
        .join(_total(right).rename({"total": "right_total"}), left_on="right_id", right_on="name_id", how="left")
        .with_columns(
            pl.col("common", "unlike", "left_common", "right_common", "left_total", "right_total").fill_null(0)
        )
        .with_columns(
            left_alone=(pl.col("left_total") - pl.col("left_common")).clip(0),
            right_alone=(pl.col("right_total") - pl.col("right_common")).clip(0),
        )
        .with_columns(
            both=2 * pl.min_horizontal("left_alone", "right_alone"),
            extra=(pl.col("left_alone") - pl.col("right_alone")).abs(),
        )
    )
    against = (
        _cost(PERSON.unlike, FIRM.unlike) * pl.col("unlike")
        + _cost(PERSON.conflict, FIRM.conflict) * pl.col("both")
        + _cost(PERSON.extra, FIRM.extra) * pl.col("extra")
    )
    # Little in common is little to go by, however little there is against it; two equal names stay equal.
    thin = _cost(PERSON.thin, FIRM.thin) * (0.9 - pl.col("common")).clip(0) * (against > 0.02)
    whole = pl.col("common") + against + thin
    judged = result.with_columns(
        whole=whole, score=pl.when(pl.col("common") > 0).then(pl.col("common") / whole).otherwise(0.0)
    )
    return judged.select(*pairs.columns, "score", "whole"), matches


def _cost(person: float, firm: float) -> pl.Expr:
    return pl.when("is_person").then(person).otherwise(firm)


def _total(units: pl.DataFrame) -> pl.DataFrame:
    return units.filter(~pl.col("joined")).group_by("name_id").agg(total=pl.col("weight").sum())
