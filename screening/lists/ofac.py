"""OFAC's lists in their delimited files: entries, addresses and alternate names, joined by the entry's number.

Layout: OFAC, "SDN data specification" (dat_spec.txt): no header, ``-0-`` for no value, remarks in the twelfth column.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from screening.errors import ListUnreadable
from screening.lists.version import ListVersion, digest, text, values, version_of

NAME = "ofac_sdn"
_ABSENT = "-0"
_COLUMNS = {"entries": 12, "addresses": 6, "aliases": 5}
_TYPES = {"individual": "individual", "vessel": "vessel", "aircraft": "aircraft", "": "entity"}
_BIRTH = re.compile(r"\bDOB ([^;]+)")
_NATIONAL = re.compile(r"\b(?:nationality|citizen) ([^;.]+)")
_KINDS = (
    *("Passport", "National ID No.", "Cedula No.", "Tax ID No."),
    *("Registration ID", "SSN", "R.F.C.", "C.U.R.P."),
)
_DOCUMENT = re.compile(rf"(?:^|; )(?:alt\. )?({'|'.join(map(re.escape, _KINDS))}) ([^;]+?)\.?(?=;|$)")


def read(entries: bytes, aliases: bytes, addresses: bytes, at: datetime) -> ListVersion:
    """The list of sdn.csv, alt.csv and add.csv, which carry no date: ``at`` is when they were published.

    Raises:
        ListUnreadable: a file is no such file, or a row names a type that is not known.
    """
    places: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in _rows(addresses, "addresses"):
        line = ", ".join(part for part in row[2:4] if part)
        if line or row[4]:
            places[row[0]].append({"line": line or None, "country": row[4] or None})
    names: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in _rows(aliases, "aliases"):
        names[row[0]].append({"name": row[3], "quality": "strong"})
    found = [_entry(row, names[row[0]], places[row[0]]) for row in _rows(entries, "entries")]
    return version_of(NAME, digest(entries, addresses, aliases), at, found)


def _entry(row: list[str], names: list[dict[str, str | None]], places: list[dict[str, str | None]]) -> dict[str, Any]:
    if row[2] not in _TYPES:
        raise ListUnreadable(
            f"entry {row[0]} of {NAME} is of type {row[2]!r}, known are {', '.join(filter(None, _TYPES))}"
        )
    remarks = row[11]
    weak = [{"name": name, "quality": "weak"} for name in re.findall(r"a\.k\.a\. '([^']+)'", remarks)]
    return {
        "entry_id": row[0],
        "entry_type": _TYPES[row[2]],
        "name": row[1],
        "aliases": [*names, *weak] or None,
        "birth_dates": values(_BIRTH.findall(remarks)),
        "countries": values(place.strip() for place in _NATIONAL.findall(remarks)),
        "addresses": places or None,
        "identifiers": [{"type": kind, "number": number} for kind, number in _DOCUMENT.findall(remarks)] or None,
        "programs": values(program.strip("[] ") for program in row[3].split("] [")),
        "remarks": remarks or None,
    }


def _rows(data: bytes, what: str) -> Iterator[list[str]]:
    """Rows of a file without its last, which only ends it."""
    for number, row in enumerate(csv.reader(text(data, f"{NAME}'s file of {what}").splitlines(keepends=True)), 1):
        if len(row) <= 1:
            continue
        if len(row) != _COLUMNS[what] or not row[0].strip().isdigit():
            raise ListUnreadable(
                f"row {number} of {NAME}'s file of {what} has {len(row)} columns and begins with {row[0][:20]!r}: "
                f"{_COLUMNS[what]} columns are expected, of which the first is a number. Get the file again"
            )
        yield ["" if cell.strip().startswith(_ABSENT) else cell.strip() for cell in row]
