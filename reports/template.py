"""Fill a profile's template: from nested records to a document, noting every mandatory value that is missing.

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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
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
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# Stands where a number comes, until the whole document is known; XML cannot hold it.
_NUMBER = "\0"
Record = Mapping[str, Any]
# What an element tells of, and which column of that; none for an element that holds others.
Noted = tuple[str, str | None]


@dataclass(frozen=True)
class Filled:
    """A document as text, indented by two blanks, without XML declaration and ending in no line break."""

    text: str
    violations: list[Violation]
    numbered: int
    notes: list[Noted]

    def parsed(self) -> etree._Element:
        """The document as a tree without the blanks between elements."""
        return etree.fromstring(self.text.encode(), etree.XMLParser(remove_blank_text=True))

    def noted(self, root: etree._Element) -> Iterator[tuple[etree._Element, Noted]]:
        """Each element of ``root``, which is ``parsed()``, with what it tells."""
        return zip(root.iterdescendants(etree.Element), self.notes, strict=True)


class Template:
    """A profile's template, read once for however many documents."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        compiler = _Compiler(profile)
        (name, nodes), *_ = profile.template["document"].items()
        self._name = compiler.name(name)
        self._nodes = compiler.nodes(nodes, 1, settled=False)
        self._attributes = [
            (attribute, compiler.leaf(attribute, spec, 0, settled=False))
            for attribute, spec in profile.template.get("attributes", {}).items()
        ]

    def fill(self, records: Record, first_number: int = 1) -> Filled:
        """The document for ``records``, and what is missing from them or has no code.

        Elements that hold others are numbered from ``first_number`` on, in the order of the document, where the
        profile names an attribute for that, as FinCEN does.
        """
        filler, profile = _Filler(self.profile, records), self.profile
        start = f'<{self._name} xmlns:{profile.prefix}="{profile.namespace}"' if profile.prefix else f"<{self._name}"
        for attribute, leaf in self._attributes:
            value = filler.text(leaf, leaf.path.value(records, records), records["_label"]) or ""
            start += f' {attribute}="{value}"'
        pieces = f"{start}>{filler.content(self._nodes, records, records['_label'])}\n</{self._name}>".split(_NUMBER)
        numbers = map(str, range(first_number, first_number + len(pieces)))
        text = "".join(chain.from_iterable(zip(pieces[:-1], numbers, strict=False))) + pieces[-1]
        return Filled(text, filler.violations, len(pieces) - 1, filler.notes)


@dataclass(frozen=True)
class _Path:
    """Where a value stands: in the template itself, in the whole filing, or in the record."""

    constant: str | None
    rooted: bool
    steps: tuple[str, ...]

    @classmethod
    def of(cls, path: str) -> _Path:
        if path.startswith("'"):
            return cls(path.strip("'"), True, ())
        return cls(None, path.startswith("/"), tuple(path.removeprefix("/").split(".")))

    def value(self, record: Record, records: Record) -> Any:
        if self.constant is not None:
            return self.constant
        value: Any = records if self.rooted else record
        for step in self.steps:
            if value is None:
                return None
            value = value[step]
        return value


@dataclass(frozen=True)
class _Leaf:
    """``step``: the column, where the path is no longer than that; ``optional``: nothing may be written;
    ``marks``: nothing is written for what is false."""

    start: str
    end: str
    path: _Path
    step: str | None
    column: str
    said: str
    write: Callable[[Any, Mapping[str, str]], str]
    codes: Mapping[str, str]
    rule: str | None
    kept: bool
    optional: bool
    marks: bool
    settled: bool


@dataclass(frozen=True)
class _Branch:
    """``settled``: the filing alone, and no record of a list in it, says what the element holds."""

    start: str
    end: str
    column: str
    path: _Path | None
    each: bool
    required: str | None
    nodes: tuple[_Node, ...]
    value: _Leaf | None
    settled: bool


_Node = _Leaf | _Branch


class _Compiler:
    """Reads a template once a document, so that what it says is not read again for each record."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def name(self, name: str) -> str:
        return f"{self.profile.prefix}:{name}" if self.profile.prefix else name

    def nodes(self, specs: list[dict[str, Any]], depth: int, *, settled: bool) -> tuple[_Node, ...]:
        pairs = (pair for spec in specs for pair in spec.items())
        return tuple(
            (self.leaf if isinstance(spec, str) else self.branch)(name, spec, depth, settled=settled)
            for name, spec in pairs
        )

    def leaf(self, name: str, spec: str, depth: int, *, settled: bool) -> _Leaf:
        match = _LEAF.fullmatch(spec)
        if match is None:
            raise UnknownProfile(f"profile {self.profile.name!r}: template leaf {spec!r} is not understood; correct it")
        path = _Path.of(match["path"])
        return _Leaf(
            f"\n{'  ' * depth}<{self.name(name)}>",
            f"</{self.name(name)}>",
            path,
            path.steps[0] if len(path.steps) == 1 and not path.rooted else None,
            match["path"].strip("/"),
            match["path"],
            FORMATS[match["format"] or "text"],
            self.profile.codes.get(match["argument"] or "", {}),
            match["rule"],
            bool(match["kept"]),
            not match["rule"] and not match["kept"],
            match["format"] == "yes",
            settled or path.rooted,
        )

    def branch(self, name: str, spec: dict[str, Any], depth: int, *, settled: bool) -> _Branch:
        told = spec.get("each") or spec.get("with")
        path = _Path.of(told) if told else None
        inside = "each" not in spec and (settled or (path is not None and path.rooted))
        value = self.leaf(name, spec["text"], depth, settled=False) if "text" in spec else None
        specs = self.profile.template[spec["use"]] if "use" in spec else spec.get("children", [])
        nodes = self.nodes(specs, depth + 1, settled=inside)
        number = f' {self.profile.sequence_attribute}="{_NUMBER}"' if self.profile.sequence_attribute else ""
        return _Branch(
            f"\n{'  ' * depth}<{self.name(name)}{number}>",
            f"\n{'  ' * depth}</{self.name(name)}>",
            told or name,
            path,
            "each" in spec,
            spec.get("required"),
            nodes,
            value,
            "each" not in spec and (path is None or settled or path.rooted) and all(node.settled for node in nodes),
        )


class _Filler:
    def __init__(self, profile: Profile, records: Record) -> None:
        self.profile = profile
        self.records = records
        self.rules = {rule.id: rule for rule in profile.rules}
        self.violations: list[Violation] = []
        self.notes: list[Noted] = []
        self.made: dict[int, tuple[str, list[Noted]]] = {}

    def content(self, nodes: tuple[_Node, ...], record: Record, label: str) -> str:
        # A record inside another one that has no name of its own is named by the one that holds it.
        label = record.get("_label", label)
        made = []
        for node in nodes:
            if node.settled:
                made.append(self.settled(node, record, label))
            elif isinstance(node, _Branch):
                made.append(self.branch(node, record, label))
            else:
                value = node.path.value(record, self.records) if node.step is None else record[node.step]
                # Most of what may be unknown is known: nothing is written, and nothing needs to be.
                if node.optional and (value is None or (value is False and node.marks)):
                    continue
                made.append(self.element(node, value, label))
        return "".join(made)

    def settled(self, node: _Node, record: Record, label: str) -> str:
        """An element that is the same for each record, such as the bank itself, which stands in each of its reports."""
        if (made := self.made.get(id(node))) is None:
            before = len(self.notes)
            if isinstance(node, _Branch):
                text = self.branch(node, record, label)
            else:
                text = self.element(node, node.path.value(record, self.records), label)
            self.made[id(node)] = text, self.notes[before:]
            return text
        self.notes += made[1]
        return made[0]

    def element(self, leaf: _Leaf, value: Any, label: str) -> str:
        text = self.text(leaf, value, label)
        if text is None:
            return ""
        self.notes.append((label, leaf.said))
        return f"{leaf.start}{text}{leaf.end}"

    def branch(self, node: _Branch, record: Record, label: str) -> str:
        value = record if node.path is None else node.path.value(record, self.records)
        found = list(value or []) if node.each else [] if value is None else [value]
        made = []
        for inner in found:
            told = inner.get("_label", label)
            if node.value is not None:
                made.append(self.element(node.value, node.value.path.value(inner, self.records), told))
                continue
            before = len(self.notes)
            self.notes.append((told, None))
            if inside := self.content(node.nodes, inner, label):
                made.append(f"{node.start}{inside}{node.end}")
            else:
                del self.notes[before:]
        if not any(made) and node.required:
            self.report(node.required, label, node.column, None)
        return "".join(made)

    def text(self, leaf: _Leaf, value: Any, label: str) -> str | None:
        """What stands in an element or attribute, escaped; None if nothing does."""
        text: str | None = None
        if value is not None:
            try:
                text = leaf.write(value, leaf.codes)
            except NoCode as unknown:
                self.report(self.profile.template["no_code"], label, leaf.column, str(unknown))
                return None
            if not text.isalnum() or not text.isascii():
                text = self.clean(text, label, leaf.column).translate(_ESCAPED)
        if not text and leaf.rule:
            self.report(leaf.rule, label, leaf.column, None)
        return text or ("" if leaf.kept else None)

    def clean(self, text: str, label: str, column: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        kept = printable(text)
        if kept != text:
            self.report(self.profile.template["unprintable"], label, column, repr(text))
        return latin(kept) if self.profile.charset == "ascii" else kept

    def report(self, rule_id: str, label: str, column: str, value: str | None) -> None:
        if (rule := self.rules.get(rule_id)) is None:
            return
        self.violations.append(Violation(rule.id, rule.severity, f"{label}: {column}", value, rule.message))
