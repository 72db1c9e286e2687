"""The consolidated list of the United Nations Security Council (scsanctions.un.org, consolidated.xml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lxml import etree

from screening.errors import ListUnreadable
from screening.lists.version import ListVersion, values, version_of
from screening.lists.xml import root_of, told

NAME = "un_consolidated"
_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_QUALITY = {"Good": "strong", "Low": "weak", "a.k.a.": "strong", "f.k.a.": "strong"}
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\ud7ff][^A-Za-z();]*")
_REMARK = re.compile(r"\(?(?:in )?original script:?|\([\s:;,]*\)")


def read(data: bytes) -> ListVersion:
    """The list of the file, whose root says when it was generated.

    Raises:
        ListUnreadable: it is no such file.
    """
    root = root_of(data, "CONSOLIDATED_LIST", NAME)
    try:
        at = datetime.fromisoformat(str(root.attrib["dateGenerated"]).removesuffix("Z"))
    except (KeyError, ValueError) as error:
        raise ListUnreadable(f"the root of {NAME} tells no dateGenerated: {error}. Get the file again") from error
    return version_of(NAME, at.date().isoformat(), at, _entries(root))


def _entries(root: etree._Element) -> Iterator[dict[str, Any]]:
    for kind in ("INDIVIDUAL", "ENTITY"):
        for entry in root.iter(kind):
            yield {
                "entry_id": told(entry, "DATAID"),
                "entry_type": kind.lower(),
                "name": " ".join(part for tag in _NAMES if (part := told(entry, tag))),
                "aliases": _aliases(entry, kind),
                "birth_dates": values(_births(entry)),
                "countries": values(value.text.strip() for value in entry.iterfind("NATIONALITY/VALUE") if value.text),
                "addresses": _addresses(entry, kind),
                "identifiers": _documents(entry),
                "programs": values([told(entry, "UN_LIST_TYPE")]),
                "remarks": told(entry, "COMMENTS1") or None,
            }


def _aliases(entry: etree._Element, kind: str) -> list[dict[str, str | None]] | None:
    """Other names; what stands in one alias apart by semicolons, or in another script, is several."""
    found: list[dict[str, str | None]] = []
    for alias in entry.iter(f"{kind}_ALIAS"):
        name, quality = told(alias, "ALIAS_NAME"), _QUALITY.get(told(alias, "QUALITY"))
        scripts = _OTHER_SCRIPT.findall(name)
        latin = _REMARK.sub("", _OTHER_SCRIPT.sub("", name)).split(";")
        each = (part.strip(" ,()") for part in (*latin, *scripts))
        found.extend({"name": part, "quality": quality} for part in each if part)
    if script := told(entry, "NAME_ORIGINAL_SCRIPT"):
        found.append({"name": script, "quality": "strong"})
    return found or None


def _births(entry: etree._Element) -> Iterator[str]:
    for birth in entry.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        between = "-".join(part for tag in ("FROM_YEAR", "TO_YEAR") if (part := told(birth, tag)))
        yield told(birth, "DATE") or told(birth, "YEAR") or between


def _addresses(entry: etree._Element, kind: str) -> list[dict[str, str | None]] | None:
    found = []
    for address in entry.iterfind(f"{kind}_ADDRESS"):
        line = ", ".join(part for tag in ("STREET", "CITY", "STATE_PROVINCE") if (part := told(address, tag)))
        country = told(address, "COUNTRY")
        if line or country:
            found.append({"line": line or None, "country": country or None})
    return found or None


def _documents(entry: etree._Element) -> list[dict[str, str | None]] | None:
    found = [
        {"type": told(document, "TYPE_OF_DOCUMENT") or None, "number": number}
        for document in entry.iterfind("INDIVIDUAL_DOCUMENT")
        if (number := told(document, "NUMBER"))
    ]
    return found or None
