"""A list in our CSV: politically exposed persons, a house list, a list that has no adapter.

Columns, by their names in the first line: entry_id and name are needed; entry_type (individual, entity, vessel,
aircraft; individual if left out), aliases, weak_aliases, birth_dates, countries, identifiers, programs and remarks
may be left out. Several values stand apart by semicolons. An identifier is "type: number" or a number alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from screening.errors import ListUnreadable
from screening.lists.version import ListVersion, digest, text, values, version_of

NEEDED = frozenset({"entry_id", "name"})
KNOWN = NEEDED | {
    *("entry_type", "aliases", "weak_aliases", "birth_dates", "countries", "identifiers", "programs", "remarks")
}
TYPES = ("individual", "entity", "vessel", "aircraft")


def read(list_name: str, data: bytes, at: datetime) -> ListVersion:
    """The list of the file, published at ``at``; its version is a digest of it.

    Raises:
        ListUnreadable: it is no such file.
    """
    rows = csv.DictReader(text(data, f"the file of {list_name}").splitlines(keepends=True))
    columns = set(rows.fieldnames or ())
    if NEEDED - columns or columns - KNOWN:
        raise ListUnreadable(
            f"the first line of {list_name} names {', '.join(sorted(columns)) or 'no columns'}: "
            f"{', '.join(sorted(NEEDED))} are needed, {', '.join(sorted(KNOWN - NEEDED))} known beside them"
        )
    return version_of(list_name, digest(data), at, _entries(list_name, rows))


def _entries(list_name: str, rows: csv.DictReader[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        kind = row.get("entry_type") or "individual"
        if kind not in TYPES or None in row:
            raise ListUnreadable(
                f"line {rows.line_num} of {list_name}: the type is {kind!r}, known are {', '.join(TYPES)}; "
                "a line has as many values as the first line has names"
            )
        aliases = [
            {"name": name, "quality": quality}
            for column, quality in (("aliases", "strong"), ("weak_aliases", "weak"))
            for name in _several(row.get(column))
        ]
        numbers = [part.rpartition(":") for part in _several(row.get("identifiers"))]
        yield {
            "entry_id": row["entry_id"],
            "entry_type": kind,
            "name": row["name"],
            "aliases": aliases or None,
            "birth_dates": values(_several(row.get("birth_dates"))),
            "countries": values(_several(row.get("countries"))),
            "addresses": None,
            "identifiers": [{"type": kind.strip() or None, "number": number.strip()} for kind, _, number in numbers]
            or None,
            "programs": values(_several(row.get("programs"))),
            "remarks": row.get("remarks") or None,
        }


def _several(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]
