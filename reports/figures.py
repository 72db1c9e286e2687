"""Each value of a filing's file, and the events it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from lxml import etree

from contracts import contract_for
from reports import batch
from reports.casefile import CaseFile, Row
from reports.dayfile import DayFile
from reports.document import compose
from reports.errors import ReportError
from reports.exemptfile import ExemptFile
from reports.filing import read_again
from reports.outbox import Filing
from reports.rulebook import place


@dataclass(frozen=True, order=True)
class Source:
    """An event by its place on its topic."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Figure:
    """One value of the file. ``path`` names its element (attributes as ``…/@name``); ``label`` what it is told of,
    such as ``transaction T-1``, and ``column`` what of that; ``events`` what it was made from, none for what the site
    itself has set up."""

    path: str
    value: str
    label: str
    column: str
    sequence: str | None
    events: tuple[Source, ...]


@dataclass(frozen=True)
class Landed:
    """An event behind a figure, with its landing: naive UTC, and the commit where the ledger tells it."""

    topic: str
    partition: int
    offset: int
    landed_at: datetime
    commit_id: str | None


class FieldUnknown(ReportError):
    """A filing's file has no such field."""


# Where the event of a row stands.
_PLACE = ("_topic", "_partition", "_offset")
NOWHERE = Figure("", "", "", "", None, ())


def figures(connection: duckdb.DuckDBPyConnection, filing: Filing) -> list[Figure]:
    """Every value of the filing's file, in its order; made again from the filing's pin.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
    """
    profile, file, story = read_again(connection, filing)
    told: dict[etree._Element, tuple[str, str | None]] = {}

    def note(element: etree._Element, label: str, column: str | None) -> None:
        told[element] = (label, column)

    if isinstance(file, DayFile):
        root = batch.whole(profile, file, filing.filing_ref, note)
    else:
        root, _ = compose(profile, file, filing.filing_ref, story, note)
    sources = _sources(file)
    found = []
    for element in root.iter(etree.Element):
        if element in told and (column := told[element][1]) is not None and element.text:
            label, events = _told_of(element, told, sources, column)
            found.append(Figure(place(element), element.text, label, column, _sequence(element), events))
        elif element is root:
            everything = sources["everything"]
            found += [
                Figure(f"{place(root)}/@{name}", value, f"filing {filing.filing_ref}", name, None, everything)
                for name, value in _attributes(root)
            ]
    return found


def meant(found: Sequence[Figure], field: str) -> list[Figure]:
    """The figures that ``field`` means: a path or the end of one, an element's name, ``name[@SeqNum='n']``, or a number
    of FinCEN's sequence, which means all that the numbered element holds."""
    asked = field.strip().strip("/")
    numbered = re.fullmatch(r"(?:(?P<name>\w+)\[@SeqNum=)?'?(?P<number>\d+)'?\]?", asked)
    if numbered:
        within = [figure for figure in found if figure.sequence == numbered["number"]]
        named = [figure for figure in within if _name(figure) == numbered["name"]]
        return named or within
    exact = [figure for figure in found if figure.path.strip("/") == asked or figure.path.endswith(f"/{asked}")]
    return exact or [figure for figure in found if _name(figure) == asked]


def field_events(connection: duckdb.DuckDBPyConnection, filing: Filing, field: str) -> list[dict[str, Any]]:
    """The values that ``field`` means, each with its events: element, value, of, column, topic, partition, offset,
    landed_at and commit_id; one row an event.

    Raises:
        FieldUnknown: nothing in the file is meant.
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
    """
    found = figures(connection, filing)
    chosen = meant(found, field)
    if not chosen:
        names = ", ".join(sorted({_name(figure) for figure in found}))
        raise FieldUnknown(f"filing {filing.filing_ref} has no field {field!r}; it has {names}")
    events = {event for figure in chosen for event in figure.events}
    by_source = {
        Source(event.topic, event.partition, event.offset): event
        for event in landed(connection, sorted(events), filing.pin)
    }
    return [row for figure in chosen for row in _rows(figure, by_source)]


def landed(connection: duckdb.DuckDBPyConnection, events: Sequence[Source], pin: int) -> list[Landed]:
    """When and by which commit the events landed, as of snapshot ``pin``; in the order of topic, partition, offset."""
    found: list[Landed] = []
    for topic in sorted({event.topic for event in events}):
        chosen = sorted(event for event in events if event.topic == topic)
        rows = connection.execute(
            _LANDED.format(table=contract_for(topic).table, pin=int(pin)),
            {
                "topic": topic,
                "partitions": [event.partition for event in chosen],
                "offsets": [event.offset for event in chosen],
            },
        ).fetchall()
        found += [Landed(topic, *row) for row in rows]
    return found


_LANDED = """
with wanted as (
    select distinct unnest($partitions) as partition, unnest($offsets) as "offset"
),

landing as (
    select _partition, _offset, _landed_at
    from lake.landing.{table} at (version => {pin})
),

commits as (
    select commit_id, committed_at, unnest(ranges) as span
    from lake.ledger.commits
    where topic = $topic
),

final as (
    select
        wanted.partition,
        wanted."offset",
        max(landing._landed_at) as landed_at,
        arg_max(commits.commit_id, landing._landed_at) as commit_id
    from wanted
    inner join landing
        on wanted.partition = landing._partition and wanted."offset" = landing._offset
    left join commits
        on landing._landed_at = commits.committed_at
        and wanted.partition = commits.span.partition
        and wanted."offset" >= commits.span.first_offset
        and wanted."offset" < commits.span.next_offset
    group by all
)

select * from final order by partition, "offset"
"""


def _told_of(
    element: etree._Element,
    told: Mapping[etree._Element, tuple[str, str | None]],
    sources: Mapping[str, tuple[Source, ...]],
    column: str,
) -> tuple[str, tuple[Source, ...]]:
    """What the value is told of, and its events: those of the nearest thing around it that has any."""
    if column.startswith("'"):
        return "the profile", ()
    if column.startswith("/entity"):
        return "reporting entity", ()
    label = told[element][0]
    at: etree._Element | None = element
    while at is not None:
        if at in told and told[at][0] in sources:
            return label, sources[told[at][0]]
        at = at.getparent()
    return label, sources["everything"]


def _sources(file: CaseFile | DayFile | ExemptFile) -> dict[str, tuple[Source, ...]]:
    """The events of each thing that a file tells of, by its label."""
    sources: dict[str, tuple[Source, ...]] = {}
    if isinstance(file, ExemptFile):
        act, party = file.designation, Source(*(file.designation[f"_party{name}"] for name in _PLACE))
        return {
            f"party {act['party_id']}": (party,),
            "everything": (_source(act),),
            "reporting entity": (),
        }
    if isinstance(file, DayFile):
        moved: list[Row] = []
        for report in file.reports:
            moved += report.transactions
            sources[report.row["_label"]] = tuple(sorted(_source(row) for row in report.transactions))
    else:
        moved = [*file.transactions]
        others = [*file.parties.values(), *file.accounts.values(), *file.acts]
        sources |= {row["_label"]: (_source(row),) for row in others}
    sources |= {row["_label"]: (_source(row),) for row in moved}
    sources["everything"] = tuple(sorted({_source(row) for row in moved}))
    sources["reporting entity"] = ()
    return sources


def _source(row: Row) -> Source:
    return Source(*(row[name] for name in _PLACE))


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield (name if isinstance(name, str) else name.decode()), (value if isinstance(value, str) else value.decode())


def _sequence(element: etree._Element) -> str | None:
    """FinCEN's number of the element that holds this one."""
    parent = element.getparent()
    return parent.get("SeqNum") if parent is not None else None


def _name(figure: Figure) -> str:
    return re.sub(r"\[\d+\]$", "", figure.path.rpartition("/")[2])


def _rows(figure: Figure, events: Mapping[Source, Landed]) -> list[dict[str, Any]]:
    """One row an event of the figure; one without event where it has none."""
    told = {"element": figure.path, "value": figure.value, "of": figure.label, "column": figure.column}
    found = [events[event] for event in figure.events if event in events]
    return [{**told, **vars(event)} for event in found] or [told | dict.fromkeys(Landed.__dataclass_fields__)]
