"""What the rule books say of a narrative alone, its length and characters, while it is written and there is no filing.

The part of a profile's template that holds the narrative is filled and checked by the profile's own rules, so that
what is found here is what the filing would be refused for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from reports import fincen
from reports.profile import Profile
from reports.rulebook import Rule, Violation, check
from reports.template import Template
from reports.text import one_line

_PATH = "narrative"
_LENGTH = "narrative_length"
# In an expression a dollar sign also ends what re:test looks for.
_VARIABLE = re.compile(r"\$\w")


def narrative_findings(profile: Profile, text: str) -> list[Violation]:
    """Everything that the rules of ``profile`` say about ``text`` as a narrative; nothing if its reports have none."""
    ((name, nodes),) = profile.template["document"].items()
    kept = list(_kept(profile, nodes))
    if not kept:
        return []
    template = {**profile.template, "document": {name: kept}, "attributes": {}}
    told: Any = fincen.narrative_parts(text) if profile.form == "fincen" else text
    filled = Template(replace(profile, template=template)).fill({"_label": _PATH, _PATH: told})
    root, violations = filled.parsed(), filled.violations
    leaves = (element for element in root.iterdescendants(etree.Element) if element.text and not len(element))
    elements = {etree.QName(element).localname for element in leaves}
    rules = {rule.id: rule for rule in profile.rules if _can_be_asked(rule)}
    found = check(root, list(rules.values()), profile.namespaces, {_LENGTH: float(len(one_line(text)))})
    violations += [
        each
        for each in found
        if _LENGTH in rules[each.rule].test or each.field.rpartition("/")[2].partition("[")[0] in elements
    ]
    return sorted(set(violations), key=lambda each: (each.rule, each.field, each.value or ""))


def _kept(profile: Profile, nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The nodes that lead to the narrative, without what the way there asks of a case."""
    for node in nodes:
        ((name, spec),) = node.items()
        if isinstance(spec, str):
            if spec.split()[0].strip("/") == _PATH:
                yield node
        elif spec.get("each") == _PATH:
            yield node
        else:
            inner = profile.template[spec["use"]] if "use" in spec else spec.get("children", [])
            if kept := list(_kept(profile, inner)):
                yield {name: {"children": kept}}


def _can_be_asked(rule: Rule) -> bool:
    """Whether the rule needs nothing of the filing but the narrative and its length."""
    asked = f"{rule.nodes} {rule.test} {rule.field}".replace(f"${_LENGTH}", "")
    return rule.kind == "length" or (rule.kind == "assert" and not _VARIABLE.search(asked))
