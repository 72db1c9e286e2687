"""Fill a profile's template: from nested records to an element tree, noting every mandatory value that is missing.

A template maps names to lists of nodes; a node is one element. Written ``name: leaf`` it holds a value:

    birthdate: birth_date | datetime !GA-143

that is the record's path, a format (``text`` if none), and after ``!`` the rule that makes it mandatory. A path that
begins with ``/`` starts at the whole filing instead of the record; a path in quotes is the value itself. A ``+`` at
the end keeps the element where it has no value, as some schemas want. Written ``name: {…}`` an element holds others:
``use`` (another list of the template) or ``children``; ``with`` (path of the record to go on with; the element is left
out when it is null), ``each`` (path of a list: one element a record; with ``text``, a leaf, instead of ``use``, an
element that holds a value) and ``required`` (the rule that is broken when none comes out). An element without content
is left out. A rule that the profile does not have demands nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from reports.errors import UnknownProfile
from reports.formats import FORMATS, NoCode
from reports.profile import Profile
from reports.rulebook import Violation
from reports.text import latin, printable

_LEAF = re.compile(
    r"(?P<path>'[^']*'|[/\w.]+)(?:\s*\|\s*(?P<format>\w+)(?:\s+(?P<argument>\w+))?)?(?:\s*!(?P<rule>\S+))?"
    r"(?P<kept>\s*\+)?"
)


# Is told of each element, what it tells of, and which column of that; none for an element that holds others.
Note = Callable[[etree._Element, str, str | None], None]


def fill(
    profile: Profile, records: Mapping[str, Any], note: Note = lambda *_: None
) -> tuple[etree._Element, list[Violation]]:
    """The document of ``profile`` for ``records``, and what is missing from them or has no code."""
    filler = _Filler(profile, records, note)
    (name, nodes), *_ = profile.template["document"].items()
    root = etree.Element(filler.tag(name), nsmap=dict(profile.namespaces) or None)
    for attribute, leaf in profile.template.get("attributes", {}).items():
        root.set(attribute, filler.leaf(leaf, records, records["_label"]) or "")
    filler.children(root, nodes, records, records["_label"])
    if profile.sequence_attribute:
        # FinCEN numbers each element that holds others, in the order of the document, from 1.
        holders = (element for element in root.iterdescendants() if len(element))
        for number, element in enumerate(holders, start=1):
            element.set(profile.sequence_attribute, str(number))
    return root, filler.violations


class _Filler:
    def __init__(self, profile: Profile, records: Mapping[str, Any], note: Note) -> None:
        self.note = note
        self.profile = profile
        self.records = records
        self.rules = {rule.id: rule for rule in profile.rules}
        self.violations: list[Violation] = []

    def tag(self, name: str) -> str:
        return f"{{{self.profile.namespace}}}{name}" if self.profile.namespace else name

    def children(
        self, parent: etree._Element, nodes: list[dict[str, Any]], record: Mapping[str, Any], label: str
    ) -> None:
        # A record inside another one that has no name of its own is named by the one that holds it.
        label = record.get("_label", label)
        for node in nodes:
            ((name, spec),) = node.items()
            if isinstance(spec, str):
                if (text := self.leaf(spec, record, label)) is not None:
                    element = etree.SubElement(parent, self.tag(name))
                    element.text = text
                    self.note(element, label, re.split(r"[|!+]", spec)[0].strip())
            else:
                self.branch(parent, name, spec, record, label)

    def branch(
        self, parent: etree._Element, name: str, spec: dict[str, Any], record: Mapping[str, Any], label: str
    ) -> None:
        if "each" in spec:
            found = list(self.value(spec["each"], record) or [])
        elif "with" in spec:
            found = [value] if (value := self.value(spec["with"], record)) is not None else []
        else:
            found = [record]
        made = 0
        for inner in found:
            element = etree.SubElement(parent, self.tag(name))
            told = inner.get("_label", label)
            self.note(element, told, spec.get("text"))
            if "text" in spec:
                element.text = self.leaf(spec["text"], inner, told)
            else:
                self.children(
                    element, self.profile.template[spec["use"]] if "use" in spec else spec["children"], inner, label
                )
            if len(element) or element.text:
                made += 1
            else:
                parent.remove(element)
        if not made and "required" in spec:
            self.report(spec["required"], label, spec.get("each") or spec.get("with") or name, None)

    def leaf(self, spec: str, record: Mapping[str, Any], label: str) -> str | None:
        match = _LEAF.fullmatch(spec)
        if match is None:
            raise UnknownProfile(f"profile {self.profile.name!r}: template leaf {spec!r} is not understood; correct it")
        value = self.value(match["path"], record)
        column = match["path"].strip("/")
        text: str | None = None
        if value is not None:
            try:
                text = FORMATS[match["format"] or "text"](value, self.profile.codes.get(match["argument"] or "", {}))
            except NoCode as unknown:
                self.report(self.profile.template["no_code"], label, column, str(unknown))
                return None
        text = self.clean(text, label, column) if text is not None else None
        if not text and match["rule"]:
            self.report(match["rule"], label, column, None)
        return text or ("" if match["kept"] else None)

    def clean(self, text: str, label: str, column: str) -> str:
        kept = printable(text)
        if kept != text:
            self.report(self.profile.template["unprintable"], label, column, repr(text))
        return latin(kept) if self.profile.charset == "ascii" else kept

    def value(self, path: str, record: Mapping[str, Any]) -> Any:
        if path.startswith("'"):
            return path.strip("'")
        value: Any = record
        if path.startswith("/"):
            value, path = self.records, path[1:]
        for step in path.split("."):
            if value is None:
                return None
            value = value[step]
        return value

    def report(self, rule_id: str, label: str, column: str, value: str | None) -> None:
        if (rule := self.rules.get(rule_id)) is None:
            return
        self.violations.append(Violation(rule.id, rule.severity, f"{label}: {column}", value, rule.message))
