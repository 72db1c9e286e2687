"""Replay of published sanctions lists, OFAC's SDN list and the UN consolidated list, as reference.watchlists events."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from lxml import etree

from contracts import contract_for
from simulator import wire
from simulator.published import published

TOPIC = "reference.watchlists"
OFAC, UN = "ofac_sdn", "un_consolidated"
# OFAC's delimited files carry no date of publication.
OFAC_PUBLISHED_AT = datetime(2025, 1, 1)
_ABSENT = "-0-"
_OFAC_TYPES = {"individual": "individual", "vessel": "vessel", "aircraft": "aircraft", "": "entity"}
_BIRTH = re.compile(r"\bDOB ([^;]+)")
_NATIONAL = re.compile(r"\b(?:nationality|citizen) ([^;.]+)")
_DOCUMENT_KINDS = (
    "Passport",
    "National ID No.",
    "Cedula No.",
    "Tax ID No.",
    "Registration ID",
    "SSN",
    "R.F.C.",
    "C.U.R.P.",
)
_DOCUMENT = re.compile(
    rf"(?:^|; )(?:alt\. )?({'|'.join(re.escape(kind) for kind in _DOCUMENT_KINDS)}) ([^;]+?)\.?(?=;|$)"
)
_UN_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_UN_QUALITY = {"Good": "strong", "Low": "weak", "a.k.a.": "strong", "f.k.a.": "strong"}


def watchlists(shared: Path | None = None, ofac_published_at: datetime = OFAC_PUBLISHED_AT) -> wire.Batch:
    """Messages of every entry of both lists, in order of publication and entry.

    ``ofac_published_at`` (naive UTC) stands for the date that OFAC's files lack; their version is a digest of them.

    Raises:
        SharedMissing: a list is not there.
    """
    entries = [*_ofac(shared, ofac_published_at), *_un(published("watchlists/un_consolidated.xml", shared))]
    schema: dict[str, Any] = {}
    for field in contract_for(TOPIC).fields:
        if field.fields:
            schema[field.name] = pl.List(pl.Struct(dict.fromkeys((inner.name for inner in field.fields), pl.String)))
        else:
            schema[field.name] = pl.Datetime("us") if field.type == "timestamp" else pl.String
    frame = pl.DataFrame(entries, schema=schema).sort("published_at", "entry_id")
    return {TOPIC: wire.messages(TOPIC, frame)}


def _ofac(shared: Path | None, at: datetime) -> Iterator[dict[str, Any]]:
    entries, addresses, aliases = (published(f"watchlists/ofac_{part}.csv", shared) for part in ("sdn", "add", "alt"))
    digest = hashlib.sha256()
    for path in (entries, addresses, aliases):
        digest.update(path.read_bytes())
    places: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in _rows(addresses):
        line = ", ".join(part for part in row[2:4] if part)
        if line or row[4]:
            places[row[0]].append({"line": line or None, "country": row[4] or None})
    names: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in _rows(aliases):
        names[row[0]].append({"name": row[3], "quality": "strong"})
    for row in _rows(entries):
        remarks = row[11]
        weak = [{"name": name, "quality": "weak"} for name in re.findall(r"a\.k\.a\. '([^']+)'", remarks)]
        yield {
            "entry_id": f"{OFAC}/{row[0]}",
            "list_name": OFAC,
            "list_version": digest.hexdigest()[:16],
            "entry_type": _OFAC_TYPES[row[2]],
            "name": row[1],
            "aliases": [*names[row[0]], *weak] or None,
            "birth_dates": _values(_BIRTH.findall(remarks)),
            "countries": _values([place.strip() for place in _NATIONAL.findall(remarks)]),
            "addresses": places[row[0]] or None,
            "identifiers": [{"type": kind, "number": number} for kind, number in _DOCUMENT.findall(remarks)] or None,
            "programs": _values([program.strip("[] ") for program in row[3].split("] [")]),
            "remarks": remarks or None,
            "published_at": at,
        }


def _rows(path: Path) -> Iterator[list[str]]:
    """Rows of one of OFAC's files; ``-0-`` means that there is no value."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            if len(row) > 1:
                yield ["" if cell.strip().startswith(_ABSENT[:2]) else cell.strip() for cell in row]


def _un(path: Path) -> Iterator[dict[str, Any]]:
    root = etree.parse(str(path)).getroot()
    generated = datetime.fromisoformat(str(root.attrib["dateGenerated"]).removesuffix("Z"))
    for kind in ("INDIVIDUAL", "ENTITY"):
        for entry in root.iter(kind):
            aliases = [
                {"name": name, "quality": _UN_QUALITY.get(_text(alias, "QUALITY"))}
                for alias in entry.iter(f"{kind}_ALIAS")
                if (name := _text(alias, "ALIAS_NAME"))
            ]
            if script := _text(entry, "NAME_ORIGINAL_SCRIPT"):
                aliases.append({"name": script, "quality": "strong"})
            yield {
                "entry_id": f"{UN}/{_text(entry, 'DATAID')}",
                "list_name": UN,
                "list_version": generated.date().isoformat(),
                "entry_type": kind.lower(),
                "name": " ".join(part for tag in _UN_NAMES if (part := _text(entry, tag))),
                "aliases": aliases or None,
                "birth_dates": _values(_births(entry)),
                "countries": _values(
                    [value.text.strip() for value in entry.iterfind("NATIONALITY/VALUE") if value.text]
                ),
                "addresses": _addresses(entry, kind),
                "identifiers": _documents(entry),
                "programs": _values([_text(entry, "UN_LIST_TYPE")]),
                "remarks": _text(entry, "COMMENTS1") or None,
                "published_at": generated,
            }


def _births(entry: etree._Element) -> list[str]:
    births = []
    for birth in entry.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        between = "-".join(part for tag in ("FROM_YEAR", "TO_YEAR") if (part := _text(birth, tag)))
        births.append(_text(birth, "DATE") or _text(birth, "YEAR") or between)
    return births


def _addresses(entry: etree._Element, kind: str) -> list[dict[str, str | None]] | None:
    found = []
    for address in entry.iterfind(f"{kind}_ADDRESS"):
        line = ", ".join(part for tag in ("STREET", "CITY", "STATE_PROVINCE") if (part := _text(address, tag)))
        country = _text(address, "COUNTRY")
        if line or country:
            found.append({"line": line or None, "country": country or None})
    return found or None


def _documents(entry: etree._Element) -> list[dict[str, str | None]] | None:
    found = [
        {"type": _text(document, "TYPE_OF_DOCUMENT") or None, "number": number}
        for document in entry.iterfind("INDIVIDUAL_DOCUMENT")
        if (number := _text(document, "NUMBER"))
    ]
    return found or None


def _text(element: etree._Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())


def _values(values: list[str]) -> list[dict[str, str]] | None:
    return [{"value": value} for value in dict.fromkeys(values) if value] or None
