"""What a scenario would have raised with other parameters, held against truth, the other scenarios and today's line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from detection.errors import NoSuchTrial
from detection.grid import in_words, read_grid
from detection.labels import Labelled, labelled
from detection.trial import Trial, ground, trial
from lakehouse.settings import Settings

IN_FORCE = 0  # the point that sets nothing

_COUNTS = """
    select points.point, count(alert_id), count(distinct subject_type || subject_id)
    from points
    left join raised using (point)
    group by all
    order by all
"""
_SEGMENTS = """
    select point, segment, count(*), count(distinct subject_type || subject_id) from raised group by all order by all
"""
# Two alerts overlap where one movement is in evidence of both.
_OVERLAP = """
    with shared as (
        select distinct evidence.point, evidence.alert_id, standing.scenario_id
        from (select point, alert_id, unnest(evidence) as transaction_id from raised) as evidence
        join standing on standing.transaction_id = evidence.transaction_id
    )
    select
        point,
        case when grouping(scenario_id) = 0 then scenario_id end,
        count(distinct alert_id)
    from shared
    group by grouping sets ((point, scenario_id), (point))
    order by all
"""
# The order of a digest looks like chance and is always the same. Below the line are subjects that another point names;
# of the points that do, the one that names fewest lies nearest to the line and says why.
_SAMPLES = """
    with subjects as (
        select point, subject_type, subject_id, min_by(raised, (detected_at, alert_id)) as alert
        from raised
        group by all
    ),
    sizes as (
        select point, count(*) as size from subjects group by all
    ),
    below as (
        select
            points.point,
            subjects.subject_type,
            subjects.subject_id,
            min_by(subjects.alert, (sizes.size, subjects.point)) as alert
        from points
        cross join subjects
        join sizes on sizes.point = subjects.point
        where not exists (
            select 1 from subjects as named
            where named.point = points.point
                and named.subject_type = subjects.subject_type
                and named.subject_id = subjects.subject_id
        )
        group by all
    ),
    sampled as (
        select point, true as is_above, subject_type, subject_id, alert from subjects
        union all
        select point, false, subject_type, subject_id, alert from below
    )
    select
        point, is_above, subject_type, subject_id, alert.point, alert.detected_at, alert.amount, alert.segment,
        alert.reason
    from sampled
    qualify row_number() over (partition by point, is_above order by md5(subject_id), subject_type) <= $size
    order by point, is_above, md5(subject_id), subject_type
"""


@dataclass(frozen=True)
class Sample:
    """A subject to look at; ``named_by`` is the point whose alert this is, in words."""

    subject_type: str
    subject_id: str
    named_by: str
    detected_at: datetime
    amount: Decimal
    segment: str
    reason: str


@dataclass(frozen=True)
class Segment:
    """The alerts on one customer segment."""

    segment: str
    alerts: int
    subjects: int


@dataclass(frozen=True)
class Point:
    """What the scenario raises with ``values``; none are set for what is in force.

    ``overlap``: alerts that share a movement with a standing alert of another scenario, by that scenario; ``alone``:
    those that share with none. ``above``: subjects it names; ``below``: subjects that it does not name and another
    point does.
    """

    values: dict[str, Decimal]
    alerts: int
    subjects: int
    alerts_a_day: float
    labelled: list[Labelled]
    alone: int
    overlap: dict[str, int]
    segments: list[Segment]
    above: list[Sample]
    below: list[Sample]


@dataclass(frozen=True)
class Backtest:
    """``parameters``: those in force, each with its values over segments and periods.

    The first of ``points`` is what is in force. ``segment`` is the one that the values were set for and the alerts are
    counted in, None for all. Days are UTC.
    """

    scenario: str
    pin: int
    first_day: date
    last_day: date
    segment: str | None
    parameters: dict[str, list[Decimal]]
    points: list[Point]


def backtest(
    settings: Settings,
    scenario: str,
    assignments: Sequence[str],
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    segment: str | None = None,
    sample_size: int = 5,
    progress: Callable[[str], None] = lambda _: None,
) -> Backtest:
    """Run ``scenario`` over a grid of values on what the newest build made; nothing in the lake changes.

    Args:
        assignments: ``parameter=value[,value…]`` each; the grid is every combination.
        first_day, last_day: days (UTC) on which alerts are detected; by default all on which anything moved.
        segment: set the values for this segment alone, and count its alerts alone.

    Raises:
        NoSuchTrial: an unknown scenario, parameter or segment, a value that is no number, or an empty period.
        NotBuilt: no build has ended yet.
    """
    known = ground(settings, scenario)
    grid = [{}, *read_grid(assignments, known.parameters)]
    if segment is not None and segment not in known.segments:
        raise NoSuchTrial(f"there is no segment {segment!r}; segments: {', '.join(known.segments)}")
    days = first_day or known.first_day, last_day or known.last_day
    if days[0] > days[1]:
        moved = f"movements are from {known.first_day} to {known.last_day}"
        raise NoSuchTrial(f"the period ends on {days[1]}, before it begins on {days[0]}; {moved}")
    with trial(settings, scenario, known.pin) as found:
        found.connection.execute("create table points (point integer)")
        for number, values in enumerate(grid):
            progress(f"{number + 1} of {len(grid)}: {in_words(values)}")
            found.connection.execute("insert into points values (?)", [number])
            found.run(number, values, segment, days)
        return Backtest(
            scenario=scenario,
            pin=known.pin,
            first_day=days[0],
            last_day=days[1],
            segment=segment,
            parameters=known.parameters,
            points=_measured(settings, found, grid, segment, days, sample_size),
        )


def _measured(
    settings: Settings,
    found: Trial,
    grid: list[dict[str, Decimal]],
    segment: str | None,
    days: tuple[date, date],
    sample_size: int,
) -> list[Point]:
    connection = found.connection
    truth = labelled(connection, settings.home, found.scenario, segment, days)
    segments = connection.execute(_SEGMENTS).fetchall()
    overlap = connection.execute(_OVERLAP).fetchall()
    shared = {point: count for point, other, count in overlap if other is None}
    samples = connection.execute(_SAMPLES, {"size": sample_size}).fetchall()

    def sampled(point: int, is_above: bool) -> list[Sample]:
        return [
            Sample(row[2], row[3], in_words(grid[row[4]]), *row[5:]) for row in samples if row[:2] == (point, is_above)
        ]

    return [
        Point(
            values=grid[point],
            alerts=alerts,
            subjects=subjects,
            alerts_a_day=alerts / ((days[1] - days[0]).days + 1),
            labelled=truth.get(point, []),
            alone=alerts - shared.get(point, 0),
            overlap={other: count for each, other, count in overlap if each == point and other is not None},
            segments=[Segment(*row[1:]) for row in segments if row[0] == point],
            above=sampled(point, True),
            below=sampled(point, False),
        )
        for point, alerts, subjects in connection.execute(_COUNTS).fetchall()
    ]
