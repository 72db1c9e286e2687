"""The values that a backtest tries: parameters with several values each, and every combination of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from detection.errors import NoSuchTrial

# Each point runs the scenario over the whole history.
MOST_POINTS = 100
_LARGEST, _FINEST = Decimal(10) ** 14, Decimal("0.0001")


def read_grid(assignments: Iterable[str], known: Mapping[str, object]) -> list[dict[str, Decimal]]:
    """The points of the grid, from ``parameter=value[,value…]`` each.

    Args:
        known: the scenario's parameters.

    Raises:
        NoSuchTrial: an unknown parameter, a value that is no number, or none at all; it lists what there is.
    """
    grid: dict[str, list[Decimal]] = {}
    for assignment in assignments:
        parameter, equals, values = assignment.partition("=")
        if not equals:
            raise NoSuchTrial(f"{assignment!r} sets nothing: write parameter=value[,value…]; {_listed(known)}")
        if parameter not in known:
            raise NoSuchTrial(f"the scenario has no parameter {parameter!r}; {_listed(known)}")
        if parameter in grid:
            raise NoSuchTrial(f"{parameter} is set twice: give all its values at once, with commas between them")
        grid[parameter] = list(dict.fromkeys(_number(parameter, value) for value in values.split(",")))
    if not grid:
        raise NoSuchTrial(f"nothing is set: give --set parameter=value[,value…]; {_listed(known)}")
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    if len(points) > MOST_POINTS:
        raise NoSuchTrial(f"the grid has {len(points)} points, and a backtest takes {MOST_POINTS}: set fewer values")
    return points


def in_words(values: Mapping[str, Decimal]) -> str:
    """A point as it was set; ``in force`` for the one that sets nothing."""
    return ", ".join(f"{parameter}={value:f}" for parameter, value in values.items()) or "in force"


def _number(parameter: str, text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise NoSuchTrial(f"{parameter}={text}: {text!r} is no number, such as 3 or 0.75") from None
    if not value.is_finite() or abs(value) >= _LARGEST or value != value.quantize(_FINEST):
        raise NoSuchTrial(f"{parameter}={text}: a value has at most 14 digits before its point and 4 behind it")
    return value


def _listed(known: Mapping[str, object]) -> str:
    names: Sequence[str] = list(known)
    return f"parameters: {', '.join(names)}"
