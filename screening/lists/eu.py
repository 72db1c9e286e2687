"""The European Union's consolidated list of financial sanctions (XML of the Financial Sanctions Files, version 1.1).

Elements as published: ``export`` with generationDate, in it a ``sanctionEntity`` an entry with logicalId, subjectType,
nameAlias, birthdate, citizenship, address, identification and regulation, whose values are attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from screening.errors import ListUnreadable
from screening.lists.version import ListVersion, values, version_of
from screening.lists.xml import root_of

NAME = "eu_consolidated"
_TYPES = {"person": "individual", "P": "individual", "enterprise": "entity", "E": "entity"}
_NO_COUNTRY = ("", "00", "UNKNOWN")


def read(data: bytes) -> ListVersion:
    """The list of the file, whose root says when it was generated.

    Raises:
        ListUnreadable: it is no such file.
    """
    root = root_of(data, "export", NAME)
    try:
        at = datetime.fromisoformat(str(root.attrib["generationDate"]))
    except (KeyError, ValueError) as error:
        raise ListUnreadable(f"the root of {NAME} tells no generationDate: {error}. Get the file again") from error
    at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return version_of(NAME, at.date().isoformat(), at, _entries(root))


def _entries(root: etree._Element) -> Iterator[dict[str, Any]]:
    for entry in root.iterfind("{*}sanctionEntity"):
        kind = next(
            (each.get("code") or each.get("classificationCode") for each in entry.iterfind("{*}subjectType")), ""
        )
        if kind not in _TYPES:
            raise ListUnreadable(
                f"entry {entry.get('logicalId')} of {NAME} is of type {kind!r}: not known to the reader"
            )
        names = [
            {"name": name, "quality": "strong" if alias.get("strong", "true") == "true" else "weak"}
            for alias in entry.iterfind("{*}nameAlias")
            if (name := " ".join((alias.get("wholeName") or "").split()))
        ]
        primary = next((name for name in names if name["quality"] == "strong"), names[0] if names else None)
        yield {
            "entry_id": entry.get("logicalId"),
            "entry_type": _TYPES[kind],
            "name": primary["name"] if primary else None,
            "aliases": [name for name in names if name is not primary] or None,
            "birth_dates": values(each.get("birthdate") or each.get("year") for each in entry.iterfind("{*}birthdate")),
            "countries": values(_country(each) for each in entry.iterfind("{*}citizenship")),
            "addresses": [_address(each) for each in entry.iterfind("{*}address")] or None,
            "identifiers": [
                {"type": each.get("identificationTypeCode"), "number": each.get("number")}
                for each in entry.iterfind("{*}identification")
                if each.get("number")
            ]
            or None,
            "programs": values(each.get("programme") for each in entry.iterfind("{*}regulation")),
            "remarks": " ".join(str(each.text or "").strip() for each in entry.iterfind("{*}remark")) or None,
        }


def _country(element: etree._Element) -> str | None:
    code = element.get("countryIso2Code", "")
    return code if code not in _NO_COUNTRY else None


def _address(element: etree._Element) -> dict[str, str | None]:
    line = ", ".join(part for name in ("street", "city", "region") if (part := element.get(name)))
    return {"line": line or None, "country": _country(element)}
