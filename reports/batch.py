"""The document a profile makes of a day's cash: made, checked and written some reports at a time.

However many reports a day has, only some of them are in memory. Each part is a batch of its own while it is checked;
what is written is one batch, whose attributes are the sums of theirs.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from lxml import etree

from reports import fincen_ctr, goaml
from reports.dayfile import CashReport, DayFile
from reports.document import Note
from reports.manifest import movement
from reports.profile import Profile
from reports.rulebook import Violation, check, totals, untotalled
from reports.schema import SchemaResult, verify_tree
from reports.template import Template

Records = Callable[[DayFile, Profile, str, Sequence[CashReport]], Mapping[str, Any]]
Variables = Callable[[DayFile, Sequence[CashReport]], dict[str, Any]]
FORMS: dict[str, tuple[Records, Variables]] = {
    "fincen-ctr": (lambda file, _, filing_ref, some: fincen_ctr.records(file, filing_ref, some), fincen_ctr.variables),
    "goaml": (goaml.day_records, goaml.day_variables),
}
# Enough that what a part costs by itself does not count, few enough that memory hardly grows.
REPORTS_AT_ONCE = 100
_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"


@dataclass(frozen=True)
class Part:
    """Some of a day's reports as a document, as tree and as text, and all violations of the rule book in it."""

    root: etree._Element
    text: str
    violations: list[Violation]
    reports: tuple[CashReport, ...]


@dataclass(frozen=True)
class Batch:
    """What was found of a whole day; ``sha256`` and ``size`` are those of what was written, ``movements`` the rows of
    its transactions as a manifest tells them."""

    violations: list[Violation]
    schema: SchemaResult
    sha256: str
    size: int
    reports: int
    cash_in: Decimal
    cash_out: Decimal
    movements: list[dict[str, Any]]


def parts(profile: Profile, file: DayFile, filing_ref: str) -> Iterator[Part]:
    """The document in parts, which are numbered on from one to the next; one part where the profile repeats nothing."""
    records, variables = FORMS[profile.form]
    template, reports = Template(profile), iter(file.reports)
    number, before = 1, 0
    while some := tuple(islice(reports, REPORTS_AT_ONCE if profile.repeats else None)):
        filled = template.fill(records(file, profile, filing_ref, some), number)
        root = filled.parsed()
        found = filled.violations + check(root, profile.rules, profile.namespaces, variables(file, some), before)
        yield Part(root, filled.text, sorted(set(found), key=_order), some)
        number += filled.numbered
        before += len(some)


def whole(profile: Profile, file: DayFile, filing_ref: str, note: Note) -> etree._Element:
    """The document in one piece; ``note`` is told of each element."""
    filled = Template(profile).fill(FORMS[profile.form][0](file, profile, filing_ref, tuple(file.reports)))
    root = filled.parsed()
    for element, (label, column) in filled.noted(root):
        note(element, label, column)
    return root


def write(profile: Profile, file: DayFile, filing_ref: str, schemas: Path | None, target: IO[bytes]) -> Batch:
    """Check the whole day and write it to ``target``.

    What is written is of use only if no violation is an error and the schema refuses nothing.
    """
    found: set[Violation] = set()
    verdict = SchemaResult(None, profile.schema, None)
    head = tail = ""
    attributes: Counter[str] = Counter()
    counted: defaultdict[str, Decimal] = defaultdict(Decimal)
    sums = {"cash_in": Decimal(0), "cash_out": Decimal(0)}
    movements: list[dict[str, Any]] = []
    reports = 0
    with TemporaryFile() as body:
        for part in parts(profile, file, filing_ref):
            reports += len(part.reports)
            movements += (movement(row) for report in part.reports for row in report.transactions)
            for column in sums:
                sums[column] += sum((report.row[column] for report in part.reports), Decimal(0))
            found.update(part.violations)
            if any(violation.severity == "error" for violation in part.violations):
                continue
            checked = verify_tree(part.root, profile, schemas)
            verdict = checked if verdict.valid is not False else verdict
            attributes.update(
                {str(name): int(value) for name, value in part.root.attrib.items()} if profile.repeats else {}
            )
            for rule, number in totals(part.root, profile.rules, profile.namespaces).items():
                counted[rule] += number
            head, repeated, tail = _cut(part.text, profile)
            body.write(repeated.encode())
        body.seek(0)
        head = _totalled(head, attributes)
        if head:
            found.update(untotalled(etree.fromstring((head + tail).encode()), profile.rules, counted))
        writer = _Digesting(target)
        writer.write(_DECLARATION + head.encode())
        shutil.copyfileobj(body, writer, 1 << 20)
        writer.write(tail.encode() + b"\n")
    return Batch(
        sorted(found, key=_order), verdict, writer.digest.hexdigest(), writer.size, reports, **sums, movements=movements
    )


def _cut(text: str, profile: Profile) -> tuple[str, str, str]:
    """What stands in a document before its repeated elements, they, and what stands behind them."""
    if profile.repeats is None:
        return "", text, ""
    name = f"{profile.prefix}:{profile.repeats}" if profile.prefix else profile.repeats
    opening = re.search(rf"\n +<{name}[ >]", text)
    assert opening is not None
    end = text.rindex(f"</{name}>") + len(name) + 3
    return text[: opening.start()], text[opening.start() : end], text[end:]


def _totalled(head: str, attributes: Mapping[str, int]) -> str:
    for name, total in attributes.items():
        head = re.sub(rf' {name}="\d*"', f' {name}="{total}"', head, count=1)
    return head


def _order(violation: Violation) -> tuple[str, str, str]:
    return violation.rule, violation.field, violation.value or ""


class _Digesting:
    """Writes to a file, and digests what it writes."""

    def __init__(self, target: IO[bytes]) -> None:
        self.target = target
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        self.size += len(content)
        return self.target.write(content)
