"""Charts: Altair's, as SVG that is the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

INK, QUIET, RULE = "#1b2a41", "#5b6777", "#c9d0d9"
INWARD, OUTWARD = "#2f7f86", "#c0703a"
# Of series that stand side by side, the most serious last.
SHADES = ("#b9d3d5", INWARD, INK)
FONT = "Noto Sans"
_ROW = 17  # of a bar or a line of cells
_TOP = 6


def bars(rows: Sequence[dict[str, Any]], label: str, value: str, *, width: int = 300, left: int = 190) -> str:
    """Lying bars, one a row, in the order given, each with its value behind it."""
    data = _data(rows)
    largest = max((row[value] for row in rows), default=0)
    base = alt.Chart(data).encode(
        y=alt.Y(f"{label}:N", sort=None, axis=_labels()),
        x=alt.X(f"{value}:Q", axis=None, scale=alt.Scale(domain=[0, largest or 1])),
    )
    figures = base.mark_text(align="left", dx=4, color=QUIET, fontSize=9).encode(
        text=alt.Text(f"{value}:Q", format=",d")
    )
    return _svg(base.mark_bar(color=INWARD, height=11) + figures, width, _ROW * len(rows), left, 60)


def stacked(
    rows: Sequence[dict[str, Any]], label: str, value: str, series: str, order: Sequence[str], *, width: int = 330
) -> str:
    """Standing bars, one a ``label`` in the order given, in which the ``series`` lie on each other."""
    labels = list(dict.fromkeys(row[label] for row in rows))
    tallest = max((sum(row[value] for row in rows if row[label] == each) for each in labels), default=0)
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(width=min(28, width // (2 * max(len(labels), 1))))
        .encode(
            x=alt.X(f"{label}:N", sort=labels, axis=_labels()),
            y=alt.Y(f"{value}:Q", axis=_figures(tallest)),
            color=alt.Color(f"{series}:N", scale=alt.Scale(domain=list(order), range=_shades(len(order))), legend=None),
            order=alt.Order("place:Q"),
        )
        .transform_calculate(place=f"indexof({list(order)!r}, datum.{series})")
    )
    return _svg(chart, width, 120, 40, 10, bottom=22)


def lines(
    rows: Sequence[dict[str, Any]], label: str, value: str, series: str, order: Sequence[str], *, width: int = 520
) -> str:
    """A line a ``series`` over the labels in the order given, with a point at each."""
    labels = list(dict.fromkeys(row[label] for row in rows))
    tallest = max((row[value] for row in rows), default=0)
    chart = (
        alt.Chart(_data(rows))
        .mark_line(point=alt.OverlayMarkDef(size=18), strokeWidth=1.6)
        .encode(
            x=alt.X(f"{label}:N", sort=labels, axis=_labels()),
            y=alt.Y(f"{value}:Q", axis=_figures(tallest)),
            color=alt.Color(
                f"{series}:N", scale=alt.Scale(domain=list(order), range=[INWARD, INK, OUTWARD]), legend=None
            ),
        )
    )
    return _svg(chart, width, 110, 40, 10, bottom=22)


def heat(rows: Sequence[dict[str, Any]], across: str, down: str, value: str, *, cell: int = 46, left: int = 190) -> str:
    """Cells whose shade is their value, which stands in them; ``down`` and ``across`` in the order given."""
    columns = list(dict.fromkeys(row[across] for row in rows))
    lines = list(dict.fromkeys(row[down] for row in rows))
    largest = max((row[value] for row in rows), default=0)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(f"{across}:N", sort=columns, axis=_labels(orient="top")),
        y=alt.Y(f"{down}:N", sort=lines, axis=_labels()),
    )
    shade = alt.Color(f"{value}:Q", legend=None, scale=alt.Scale(domain=[0, largest or 1], range=["#f2f5f8", INWARD]))
    ink = alt.condition(f"datum.{value} > {largest} * 0.6", alt.value("white"), alt.value(INK))
    cells = base.mark_rect(stroke="white").encode(color=shade)
    figures = base.mark_text(fontSize=9).encode(text=alt.Text(f"{value}:Q", format=",d"), color=ink)
    return _svg(cells + figures, cell * len(columns), _ROW * len(lines), left, 10, top=24)


def _data(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _shades(number: int) -> list[str]:
    return list(SHADES[-number:]) if number <= len(SHADES) else [*SHADES, OUTWARD, QUIET, RULE][:number]


def _labels(**more: Any) -> alt.Axis:
    return alt.Axis(
        title=None, labelLimit=0, labelOverlap=False, labelAngle=0, ticks=False, domain=False, grid=False, **more
    )


def _figures(tallest: int) -> alt.Axis:
    """An axis of counts: whole numbers, at most five of them."""
    step = max(-(-tallest // 4), 1)
    ticks = list(range(0, tallest + 1, step))
    return alt.Axis(title=None, labelOverlap=False, ticks=False, domain=False, values=ticks, format=",d")


def _svg(
    chart: alt.Chart | alt.LayerChart,
    width: int,
    height: int,
    left: int,
    right: int,
    *,
    top: int = _TOP,
    bottom: int = 4,
) -> str:
    """No place in the picture may follow from the width of a text, which depends on the machine's fonts: the size is
    given, nothing is fitted, labels are neither cut nor left out, and there is no legend or title of an axis."""
    fixed = (
        chart.properties(
            width=width,
            height=height,
            autosize=alt.AutoSizeParams(type="none"),
            padding={"left": left, "right": right, "top": top, "bottom": bottom},
        )
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, labelFontSize=9, gridColor=RULE)
    )
    svg: str = vl_convert.vegalite_to_svg(fixed.to_json(), vl_version="6.4")
    return svg
