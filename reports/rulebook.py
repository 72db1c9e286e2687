"""The rule book: a profile's numbered checks, data in its ``rules.yml``, run on every filing.

A rule is one of five kinds. ``mandatory``: the template refers to it where a value must stand. ``length``: ``limits``
gives the most characters of an element, by the element's name. ``list``: the elements of the XPath ``nodes`` hold one
of ``values``, parted by blanks. ``total``: the root's attribute ``field`` is the number that the XPath ``nodes``
gives; of a batch that is made in parts the numbers of all parts together are also held against what is in front.
``assert``: for every node of the XPath ``nodes`` the XPath ``test`` must hold;
``field`` is the XPath of the value to show, the node itself if it is not given. XPath may use the variables of the
filing (``$filed_on`` and others), EXSLT regular expressions as ``re:``, and functions of ours: ``v:sum(nodes)`` adds
decimals exactly, ``v:distinct(nodes)`` counts different texts, ``v:repeated(nodes)`` names those that stand more than
once, and ``v:printable(nodes)`` says whether all text in them
is printable ASCII. Functions of ours and ``re:`` are slow; what many nodes ask of a large batch is better asked in
plain XPath. ``dropped`` takes away what a profile below has under that number, and its message says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal

from lxml import etree

_OURS = "urn:vigil:rules"
_NAMESPACES = {"v": _OURS, "re": "http://exslt.org/regular-expressions"}
_LONGEST_SHOWN = 80
_NO_SUM = "not a number"


@dataclass(frozen=True)
class Violation:
    """One rule broken at one field. ``value`` is what stands there, None if nothing does."""

    rule: str
    severity: Literal["error", "warning"]
    field: str
    value: str | None
    message: str

    def __str__(self) -> str:
        shown = "missing" if self.value is None else repr(self.value[:_LONGEST_SHOWN])
        return f"{self.rule} {self.severity} {self.field} ({shown}): {self.message}"


@dataclass(frozen=True)
class Rule:
    """One check; ``source`` is where the regulator says so, ``reports`` those it is for, all if none is named."""

    id: str
    message: str
    source: str
    severity: Literal["error", "warning"] = "error"
    kind: Literal["mandatory", "length", "list", "total", "assert", "dropped"] = "assert"
    reports: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    nodes: str = ""
    test: str = ""
    field: str = "."
    values: str = ""


def check(
    document: etree._Element,
    rules: Sequence[Rule],
    namespaces: Mapping[str, str],
    variables: Mapping[str, Any],
    before: int = 0,
) -> list[Violation]:
    """Every violation of ``rules`` by ``document``, in the order of the rules.

    Args:
        namespaces: prefixes of the document, for XPath.
        variables: strings and numbers that XPath may name.
        before: how many of the batch's reports stand before those of ``document``, if that is a part of it.
    """
    found: list[Violation] = []
    for rule in rules:
        if rule.kind == "length":
            found += _too_long(document, rule, before)
        elif rule.kind == "list":
            found += _unlisted(document, rule, namespaces, before)
        elif rule.kind == "total":
            found += untotalled(document, [rule], totals(document, [rule], namespaces))
        elif rule.kind == "assert":
            found += _untrue(document, rule, {**_NAMESPACES, **namespaces}, variables, before)
    return found


def totals(document: etree._Element, rules: Sequence[Rule], namespaces: Mapping[str, str]) -> dict[str, Decimal]:
    """By rule the number that each ``total`` of ``rules`` gives in ``document``."""
    used = tuple({**_NAMESPACES, **namespaces}.items())
    found = {rule.id: str(_xpath(rule.nodes, used)(document)) for rule in rules if rule.kind == "total"}
    return {rule: Decimal("NaN" if number == _NO_SUM else number) for rule, number in found.items()}


def untotalled(root: etree._Element, rules: Sequence[Rule], counted: Mapping[str, Decimal]) -> list[Violation]:
    """The ``total`` rules whose attribute of ``root`` is another number than was ``counted``."""
    return [
        _violation(rule, root, root.get(rule.field), 0)
        for rule in rules
        if rule.kind == "total" and root.get(rule.field) != f"{counted[rule.id].normalize():f}"
    ]


def _too_long(document: etree._Element, rule: Rule, before: int) -> list[Violation]:
    namespace = etree.QName(document).namespace
    limits = {str(etree.QName(namespace, name)): limit for name, limit in rule.limits.items()}
    return [
        _violation(rule, element, element.text, before)
        for element in document.iter(*limits)
        if len(element.text or "") > limits[str(element.tag)]
    ]


def _unlisted(document: etree._Element, rule: Rule, namespaces: Mapping[str, str], before: int) -> list[Violation]:
    listed = set(rule.values.split())
    elements: Any = _xpath(rule.nodes, tuple(namespaces.items()))(document)
    return [_violation(rule, element, element.text, before) for element in elements if element.text not in listed]


def _untrue(
    document: etree._Element, rule: Rule, namespaces: Mapping[str, str], variables: Mapping[str, Any], before: int
) -> list[Violation]:
    # One question about all nodes, which libxml2 answers without coming back for each.
    nodes: Any = _xpath(f"({rule.nodes})[not({rule.test})]", tuple(namespaces.items()))(document, **variables)
    found = []
    for node in nodes:
        value: Any = _xpath(rule.field, tuple(namespaces.items()))(node, **variables)
        if not isinstance(value, list):
            found.append(_violation(rule, node, value, before))
        elif value and isinstance(value[0], etree._Element):
            found.append(_violation(rule, value[0], value[0].text, before))
        else:
            found.append(_violation(rule, node, None, before))
    return found


@cache
def _xpath(expression: str, namespaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    return etree.XPath(expression, namespaces=dict(namespaces), extensions=_EXTENSIONS, smart_strings=False)


def _violation(rule: Rule, element: etree._Element, value: Any, before: int) -> Violation:
    text = None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return Violation(rule.id, rule.severity, place(element, before), text, rule.message)


def place(element: etree._Element, before: int = 0) -> str:
    """The path with names alone: ``/report/transaction[2]/date_transaction``.

    ``before`` is how many elements of the root's that are repeated stand before those of this part of the document.
    """
    steps = []
    at: etree._Element | None = element
    while at is not None:
        name = etree.QName(at).localname
        parent = at.getparent()
        twins = [twin for twin in parent if twin.tag == at.tag] if parent is not None else []
        passed = before if parent is not None and parent.getparent() is None else 0
        number = twins.index(at) + 1 + passed if twins else 0
        steps.append(f"{name}[{number}]" if len(twins) + passed > 1 else name)
        at = parent
    return "/" + "/".join(reversed(steps))


def _sum(_: Any, nodes: Sequence[Any]) -> str:
    """The exact sum of the nodes' decimals, without needless zeros; 'not a number' if one is none."""
    try:
        total = sum((Decimal(node if isinstance(node, str) else node.text) for node in nodes), Decimal(0))
    except (InvalidOperation, TypeError):
        return _NO_SUM
    return f"{total.normalize():f}"


def _distinct(_: Any, nodes: Sequence[Any]) -> float:
    return float(len({node if isinstance(node, str) else node.text for node in nodes}))


def _repeated(_: Any, nodes: Sequence[Any]) -> str:
    stands = Counter(node if isinstance(node, str) else node.text or "" for node in nodes)
    return ", ".join(text for text, times in stands.items() if times > 1)


def _printable(_: Any, nodes: Sequence[Any]) -> bool:
    text = "".join(etree.tostring(node, method="text", encoding="unicode", with_tail=False) for node in nodes)
    return text.isascii() and text.isprintable()


_EXTENSIONS = {
    (_OURS, "sum"): _sum,
    (_OURS, "distinct"): _distinct,
    (_OURS, "repeated"): _repeated,
    (_OURS, "printable"): _printable,
}
