"""The charts of the monthly report. The data of each are the sheet of the workbook that has its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.mlro.month import PRIORITIES, Month
from reports.words import shortened, spoken

_LABEL = 38  # columns of text in the room that a chart leaves for labels
_NAMED = 15


def pictures(month: Month) -> dict[str, str | None]:
    """SVG by name of the sheet that holds the data; None where there is nothing to draw."""
    # Imported late: it takes a second, and few commands draw.
    from reports.charts import bars, heat, lines, stacked

    trend = [
        {"month": f"{row['month']:%Y-%m}", "number": row[name], "what": what}
        for row in month.trend
        for name, what in (("alerts", "alerts"), ("opened", "cases"), ("reported", "reports"))
    ]
    overdue = [
        {"segment": spoken(row["segment"]), "risk": row["risk_rating"], "overdue": row["overdue"]}
        for row in month.customers
    ]
    countries = [
        {"country": row["country"], "amount": float(row["received"] + row["sent"])} for row in month.countries[:_NAMED]
    ]
    drawn: dict[str, Callable[[], str]] = {
        "Alerts": lambda: heat(_cells(month), "segment", "scenario", "alerts"),
        "Trend": lambda: lines(trend, "month", "number", "what", ("alerts", "cases", "reports")),
        "Conversion": lambda: bars(month.conversion(), "step", "alerts", left=70),
        "Ageing": lambda: stacked(month.ageing(), "age", "cases", "priority", PRIORITIES),
        "KYC": lambda: stacked(overdue, "segment", "overdue", "risk", ("low", "medium", "high")),
        "Countries": lambda: bars(countries, "country", "amount", left=70),
    }
    empty = {
        "Alerts": not month.alerts,
        "Trend": not any(row["number"] for row in trend),
        "Conversion": not month.alerts,
        "Ageing": not month.open_cases,
        "KYC": not any(row["overdue"] for row in overdue),
        "Countries": not countries,
    }
    return {name: None if empty[name] else draw() for name, draw in drawn.items()}


def _cells(month: Month) -> list[dict[str, Any]]:
    """The alerts of every scenario and segment that has any, the most first; a pair without one is 0."""
    found = {(row["scenario_name"], row["segment"]): row["alerts"] for row in month.alerts}
    segments = sorted({segment for _, segment in found})
    return [
        {
            "scenario": shortened(row["scenario_name"], _LABEL),
            "segment": spoken(segment),
            "alerts": found.get((row["scenario_name"], segment), 0),
        }
        for row in month.by_scenario()
        for segment in segments
    ]
