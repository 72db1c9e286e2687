"""What a regulator answered to a filing, read from a file.

Three kinds are read. FinCEN's acknowledgement XML, by the names of its elements: ``StatusCode`` of batch and submission
(``A`` is accepted), the ``BSAID`` of each activity, and of each error ``ErrorElementNameText``, ``ErrorLevelText``
(``WARN`` stands in accepted batches, too), ``ErrorTypeCode``, ``ErrorText`` and ``ErrorContextText``, whose path gives
the ``SeqNum`` of the element that holds the one meant; the acknowledgement's own elements are numbered for themselves.
An activity without errors holds an empty one. A CSV with the columns
``field`` and ``message`` (and optionally ``reference``, the regulator's number). JSON:
``{"reference": …, "errors": [{"field": …, "message": …}]}``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from reports.errors import ReportError

_SHOWN = 80
_ACCEPTED = "A"
_STATED = ("EFilingBatchXML", "EFilingSubmissionXML")
# An activity is counted, everything in it bears its SeqNum.
_NUMBERED = re.compile(r"(?!Activity\[)\w+\[(?P<number>\d+)\]")


class AnswerUnreadable(ReportError):
    """A regulator's answer is none of the kinds that are read."""


@dataclass(frozen=True)
class Answer:
    """``reference``: the regulator's number, None if it gave none; of a batch those of its reports, parted by blanks.

    ``errors``: what it found, as dicts of ``field`` and ``message``. ``accepted``: whether it took the filing, None
    where the answer does not say.
    """

    reference: str | None
    errors: tuple[dict[str, str], ...]
    accepted: bool | None = None


def read_answer(path: Path) -> Answer:
    """The answer in a file.

    Raises:
        AnswerUnreadable: it is of none of the three kinds, or holds neither a number nor an error.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AnswerUnreadable(f"the answer {path} cannot be read: {error}") from error
    try:
        found = _read(path.suffix.lower(), content)
    except (ValueError, KeyError, TypeError, AttributeError, etree.XMLSyntaxError, csv.Error) as error:
        raise AnswerUnreadable(
            f"{path} is no answer that is understood: {str(error)[:_SHOWN]}. Give FinCEN's acknowledgement (.xml), a "
            "CSV with the columns field and message, or JSON with reference and errors; or type it with --number or "
            "--error."
        ) from error
    if found.reference is None and not found.errors:
        raise AnswerUnreadable(
            f"{path} tells neither the regulator's number nor an error; give the file it answered with"
        )
    return found


def _read(suffix: str, content: bytes) -> Answer:
    if suffix == ".xml":
        return _acknowledgement(content)
    if suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        references = [row["reference"] for row in rows if row.get("reference")]
        return Answer(references[0] if references else None, tuple(_error(row) for row in rows if row["message"]))
    if suffix == ".json":
        told = json.loads(content)
        reference = told.get("reference")
        return Answer(
            None if reference is None else str(reference), tuple(_error(each) for each in told.get("errors", []))
        )
    raise ValueError(f"a file that ends in {suffix or 'nothing'}")


def _error(told: dict[str, Any]) -> dict[str, str]:
    if told["field"] is None or told["message"] is None:
        raise ValueError("an error without field or message")
    return {"field": str(told["field"]).strip(), "message": str(told["message"]).strip()}


def _acknowledgement(content: bytes) -> Answer:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(content, parser)
    numbers = [element.text.strip() for element in _named(root, "BSAID") if element.text and element.text.strip()]
    codes = {code for name in _STATED for element in _named(root, name) if (code := element.get("StatusCode"))}
    errors = tuple(_found(element) for element in _named(root, "EFilingActivityErrorXML") if len(element))
    return Answer(" ".join(numbers) or None, errors, codes == {_ACCEPTED} if codes else None)


def _found(error: etree._Element) -> dict[str, str]:
    told = {etree.QName(child).localname: (child.text or "").strip() for child in error.iterchildren(etree.Element)}
    kind = " ".join(told[name] for name in ("ErrorLevelText", "ErrorTypeCode") if told.get(name))
    text = told.get("ErrorText", "")
    return {"field": _place(told), "message": f"{kind}: {text}" if kind else text}


def _place(told: dict[str, str]) -> str:
    """The element meant: its name and the number of the element that holds it, where the context gives one."""
    name = told.get("ErrorElementNameText", "")
    *_, holder, last = ["", *told.get("ErrorContextText", "").split("/")]
    number = _NUMBERED.fullmatch(holder)
    if number and last == name:
        return f"{name}[@SeqNum='{number['number']}']"
    return last if last.startswith(f"{name}[") else name


def _named(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")
