"""The rule book: a profile's numbered checks, data in its ``rules.yml``, run on every filing.

A rule is one of four kinds. ``mandatory``: the template refers to it where a value must stand. ``length``: ``limits``
gives the most characters of an element, by the element's name. ``list``: the elements of the XPath ``nodes`` hold one
of ``values``, parted by blanks. ``assert``: for every node of the XPath ``nodes`` the XPath ``test`` must hold;
``field`` is the XPath of the value to show, the node itself if it is not given. XPath may use the variables of the
filing (``$filed_on`` and others), EXSLT regular expressions as ``re:``, and ``v:sum(nodes)``, which adds decimals
exactly. ``dropped`` takes away what a profile below has under that number, and its message says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from lxml import etree

_OURS = "urn:vigil:rules"
_NAMESPACES = {"v": _OURS, "re": "http://exslt.org/regular-expressions"}
_LONGEST_SHOWN = 80


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
    kind: Literal["mandatory", "length", "list", "assert", "dropped"] = "assert"
    reports: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    nodes: str = ""
    test: str = ""
    field: str = "."
    values: str = ""


def check(
    document: etree._Element, rules: Sequence[Rule], namespaces: Mapping[str, str], variables: Mapping[str, Any]
) -> list[Violation]:
    """Every violation of ``rules`` by ``document``, in the order of the rules.

    Args:
        namespaces: prefixes of the document, for XPath.
        variables: strings and numbers that XPath may name.
    """
    found: list[Violation] = []
    for rule in rules:
        if rule.kind == "length":
            found += _too_long(document, rule)
        elif rule.kind == "list":
            found += _unlisted(document, rule, namespaces)
        elif rule.kind == "assert":
            found += _untrue(document, rule, {**_NAMESPACES, **namespaces}, variables)
    return found


def _too_long(document: etree._Element, rule: Rule) -> list[Violation]:
    return [
        _violation(rule, element, element.text)
        for element in document.iter(etree.Element)
        if (limit := rule.limits.get(etree.QName(element).localname)) and len(element.text or "") > limit
    ]


def _unlisted(document: etree._Element, rule: Rule, namespaces: Mapping[str, str]) -> list[Violation]:
    listed = set(rule.values.split())
    elements: Any = etree.XPath(rule.nodes, namespaces=dict(namespaces))(document)
    return [_violation(rule, element, element.text) for element in elements if element.text not in listed]


def _untrue(
    document: etree._Element, rule: Rule, namespaces: Mapping[str, str], variables: Mapping[str, Any]
) -> list[Violation]:
    extensions = {(_OURS, "sum"): _sum}
    test = etree.XPath(f"boolean({rule.test})", namespaces=dict(namespaces), extensions=extensions)
    shown = etree.XPath(rule.field, namespaces=dict(namespaces), extensions=extensions)
    nodes: Any = etree.XPath(rule.nodes, namespaces=dict(namespaces))(document, **variables)
    found = []
    for node in nodes:
        if not test(node, **variables):
            value: Any = shown(node, **variables)
            if not isinstance(value, list):
                found.append(_violation(rule, node, value))
            elif value and isinstance(value[0], etree._Element):
                found.append(_violation(rule, value[0], value[0].text))
            else:
                found.append(_violation(rule, node, None))
    return found


def _violation(rule: Rule, element: etree._Element, value: Any) -> Violation:
    text = None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return Violation(rule.id, rule.severity, place(element), text, rule.message)


def place(element: etree._Element) -> str:
    """The path with names alone: ``/report/transaction[2]/date_transaction``."""
    steps = []
    at: etree._Element | None = element
    while at is not None:
        name = etree.QName(at).localname
        parent = at.getparent()
        twins = [twin for twin in parent if twin.tag == at.tag] if parent is not None else []
        steps.append(f"{name}[{twins.index(at) + 1}]" if len(twins) > 1 else name)
        at = parent
    return "/" + "/".join(reversed(steps))


def _sum(_: Any, nodes: Sequence[Any]) -> str:
    """The exact sum of the nodes' decimals, without needless zeros; 'not a number' if one is none."""
    try:
        total = sum((Decimal(node if isinstance(node, str) else node.text) for node in nodes), Decimal(0))
    except (InvalidOperation, TypeError):
        return "not a number"
    return f"{total.normalize():f}"
