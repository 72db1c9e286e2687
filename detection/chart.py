"""A backtest as a chart over its grid, by Altair."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from detection.backtest import IN_FORCE, Backtest
from detection.errors import NoSuchTrial
from detection.grid import in_words

if TYPE_CHECKING:
    import altair as alt

KINDS = (".html", ".json")


def require_kind(path: Path) -> None:
    """Make sure that a chart can be written to ``path``.

    Raises:
        NoSuchTrial: it is of another kind, or in a folder that is not there.
    """
    if path.suffix not in KINDS:
        raise NoSuchTrial(f"a chart is written as {' or '.join(KINDS)}, not to {str(path)!r}")
    if not path.parent.is_dir():
        raise NoSuchTrial(f"the folder {str(path.parent)!r} of the chart does not exist")


def write_chart(backtest: Backtest, path: Path) -> None:
    """Write the chart: a page whose scripts a browser fetches from the net, or its Vega-Lite specification."""
    chart(backtest).save(str(path))


def chart(backtest: Backtest) -> alt.VConcatChart:
    """Alerts by segment over the first parameter, and below it recall and precision where there is truth.

    The other parameters' values are the columns. A dashed line is what is in force.
    """
    # Imported late: it takes a second, and few commands draw.
    import altair as alt

    first, *others = backtest.points[IN_FORCE + 1].values
    x = alt.X("value:O", title=first)
    columns = alt.Column("others:N", title=", ".join(others) or None)
    volumes = alt.Chart(pl.DataFrame(_volumes(backtest, first)))
    bars = volumes.mark_bar().encode(x=x, y=alt.Y("alerts:Q", title="alerts"), color=alt.Color("segment:N"))
    line = volumes.mark_rule(strokeDash=[4, 4]).encode(y=alt.Y("mean(in_force):Q", title="alerts"))
    charts: list[Any] = [alt.layer(bars, line).facet(column=columns).properties(title=_title(backtest))]
    if shares := _shares(backtest, first):
        lines = alt.Chart(pl.DataFrame(shares)).mark_line(point=True)
        share = alt.Y("share:Q", scale=alt.Scale(domain=[0, 1]))
        charts.append(
            lines.encode(x=x, y=share, color="truth:N", strokeDash="measure:N", column=columns),
        )
    stacked: alt.VConcatChart = alt.vconcat(*charts).resolve_scale(color="independent")
    return stacked


def _title(backtest: Backtest) -> str:
    return f"{backtest.scenario}, {backtest.first_day} to {backtest.last_day}; dashed: in force"


def _place(values: dict[str, Any], first: str) -> dict[str, Any]:
    others = {parameter: value for parameter, value in values.items() if parameter != first}
    return {"value": float(values[first]), "others": in_words(others) if others else ""}


def _volumes(backtest: Backtest, first: str) -> list[dict[str, Any]]:
    """One row a point and segment; a point without alerts keeps its place by a row of nought."""
    in_force = backtest.points[IN_FORCE].alerts
    return [
        {**_place(point.values, first), "segment": segment, "alerts": alerts, "in_force": in_force}
        for point in backtest.points[IN_FORCE + 1 :]
        for segment, alerts in [(each.segment, each.alerts) for each in point.segments] or [("none", 0)]
    ]


def _shares(backtest: Backtest, first: str) -> list[dict[str, Any]]:
    return [
        {**_place(point.values, first), "truth": f"{each.source}: {each.unit}", "measure": measure, "share": share}
        for point in backtest.points[IN_FORCE + 1 :]
        for each in point.labelled
        for measure, share in (("recall", each.recall), ("precision", each.precision))
        if share is not None
    ]
