"""vigil backtest: what a scenario would have raised with other parameters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import AsJson, print_json, print_rows, progress, say
from cli.environment import lake
from detection.backtest import Backtest, Point, Sample
from detection.backtest import backtest as backtested
from detection.chart import require_kind, write_chart
from detection.grid import in_words


def backtest(
    scenario: Annotated[str, typer.Argument(help="The scenario, as 'vigil scenarios' lists it.")],
    assignments: Annotated[
        list[str],
        typer.Option(
            "--set", help="Values to try; repeated, every combination is.", metavar="PARAMETER=VALUE[,VALUE…]"
        ),
    ],
    first_day: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of detection (UTC).")
    ] = None,
    last_day: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    segment: Annotated[
        str | None, typer.Option(help="Set the values for this customer segment alone, and count its alerts alone.")
    ] = None,
    sample: Annotated[int, typer.Option(min=0, help="Subjects to show above and below each line.")] = 5,
    chart: Annotated[
        Path | None, typer.Option(help="Write a chart over the values: .html, or .json (Vega-Lite).", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a scenario would have raised with other parameters; nothing in production changes."""
    if chart:
        require_kind(chart)
    with lake() as settings:
        found = backtested(
            settings,
            scenario,
            assignments,
            first_day=first_day.date() if first_day else None,
            last_day=last_day.date() if last_day else None,
            segment=segment,
            sample_size=sample,
            progress=progress,
        )
    if chart:
        write_chart(found, chart)
        progress(f"chart: {chart}")
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: Backtest) -> None:
    only = f", segment {found.segment} alone" if found.segment else ""
    say(f"{found.scenario}, {found.first_day} to {found.last_day}{only}, as built at snapshot {found.pin}")
    print_rows(map(_counts, found.points), title="alerts")
    print_rows(_each(found, "labelled"), title="against truth")
    print_rows(_each(found, "segments"), title="by segment")
    print_rows(_samples(found), title="samples above and below the line")


def _counts(point: Point) -> dict[str, Any]:
    return {
        "values": in_words(point.values),
        "alerts": point.alerts,
        "subjects": point.subjects,
        "alerts_a_day": point.alerts_a_day,
        "alone": point.alone,
        "overlap": point.overlap,
    }


def _each(found: Backtest, field: str) -> Iterable[dict[str, Any]]:
    return (
        {"values": in_words(point.values), **vars(each)} for point in found.points for each in getattr(point, field)
    )


def _samples(found: Backtest) -> Iterable[dict[str, Any]]:
    def row(point: Point, line: str, sample: Sample) -> dict[str, Any]:
        return {"values": in_words(point.values), "line": line, **vars(sample)}

    for point in found.points:
        yield from (row(point, "above", each) for each in point.above)
        yield from (row(point, "below", each) for each in point.below)
