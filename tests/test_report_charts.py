"""Charts: the same on every machine, so that nothing in them follows from how wide its fonts are."""

from __future__ import annotations

import pytest

from reports import charts

ROWS = [
    {"label": "Fan-in", "series": "low", "value": 3},
    {"label": "Structuring of cash", "series": "low", "value": 0},
    {"label": "W" * 60, "series": "high", "value": 1200},
]
DRAWN = {
    "bars": lambda: charts.bars(ROWS, "label", "value"),
    "stacked": lambda: charts.stacked(ROWS, "label", "value", "series", ("low", "high")),
    "lines": lambda: charts.lines(ROWS, "label", "value", "series", ("low", "high")),
    "heat": lambda: charts.heat(ROWS, "series", "label", "value"),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_no_place_follows_from_the_width_of_a_text(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = DRAWN[kind]()
    assert told == DRAWN[kind]()
    assert "W" * 60 in told
    monkeypatch.setattr(charts, "FONT", "DejaVu Sans Mono")
    other = DRAWN[kind]()
    assert other != told
    assert other.replace("DejaVu Sans Mono", "Noto Sans") == told


@pytest.mark.parametrize("value", [0, 1, 10**15])
def test_figures_of_any_size_are_drawn(value: int) -> None:
    told = charts.bars([{"label": "a", "value": value}], "label", "value")
    assert f">{value:,}<" in told


def test_an_axis_of_small_counts_has_whole_numbers_once_each() -> None:
    told = charts.stacked([{"label": "a", "series": "low", "value": 2}], "label", "value", "series", ("low",))
    assert [told.count(f">{number}<") for number in (0, 1, 2)] == [1, 1, 1]
