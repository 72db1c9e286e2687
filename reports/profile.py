"""A profile: the folder of data that makes a filing of one kind for one regulator."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from lakehouse.settings import Settings
from reports.errors import UnknownProfile
from reports.rulebook import Rule

PROFILES = Path(__file__).parent / "profiles"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_FILES = ("profile.yml", "template.yml", "codes.csv", "rules.yml")


@dataclass(frozen=True)
class Profile:
    """One folder under ``reports/profiles``, or under the site's own folder of profiles (``VIGIL_PROFILES``).

    ``profile.yml`` says which form it is and what a filing is about (a case, if it does not say), ``template.yml``
    which column goes to which element, ``codes.csv`` how our words are spelt in the regulator's code lists,
    ``rules.yml`` what must hold. A folder that names another one under ``extends`` is laid over it: code by code, rule
    by rule, element by element. A rule of ``kind: dropped`` takes the other's rule of that number away; one that lists
    ``reports`` holds for profiles of these reports alone. ``repeats`` names the element of a day's document that stands
    once a report: the document is made and checked in parts then, and the root's attributes are sums over them.
    """

    name: str
    version: str
    form: str
    about: Literal["case", "day", "exemption"]
    report: str
    title: str
    schema: str
    namespace: str | None
    prefix: str | None
    sequence_attribute: str | None
    repeats: str | None
    charset: str
    template: dict[str, Any]
    codes: dict[str, dict[str, str]]
    rules: tuple[Rule, ...]
    digests: dict[str, str]

    @property
    def namespaces(self) -> dict[str, str]:
        """Prefixes that the rule book's XPath may use."""
        return {self.prefix: self.namespace} if self.prefix and self.namespace else {}


def names(about: Literal["case", "day", "exemption"] | None = None) -> list[str]:
    """The profiles there are, the site's own too, sorted; only those of filings ``about`` that, if it is given."""
    return [name for name in sorted(_folders(Settings().profiles)) if about in (None, load(name).about)]


def load(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UnknownProfile: there is none, or one of its files is missing or faulty.
    """
    return _loaded(name, Settings().profiles)


@cache
def _loaded(name: str, own: Path | None) -> Profile:
    folders = _folders(own)
    if name not in folders:
        raise UnknownProfile(f"profile {name!r} does not exist; there are: {', '.join(sorted(folders))}")
    try:
        return _load(name, folders)
    except (KeyError, TypeError, ValueError, yaml.YAMLError, FileNotFoundError) as error:
        raise UnknownProfile(f"profile {name!r} is faulty: {error!r}. docs/filings.md describes its files.") from error


def _folders(own: Path | None) -> dict[str, Path]:
    """By name the folders of profiles, here and in ``own``."""
    found: dict[str, Path] = {}
    for place in [PROFILES] + ([own] if own else []):
        for head in place.glob("*/profile.yml"):
            name = head.parent.name
            if name in found or not _NAME.fullmatch(name):
                raise UnknownProfile(
                    f"profile folder {str(head.parent)!r} takes no such name: it is given already, or is not of small "
                    "letters, digits, '.' and '-'; rename the folder"
                )
            found[name] = head.parent
    return found


def _load(name: str, folders: dict[str, Path]) -> Profile:
    layers = _layers(name, folders)
    head = _parsed(folders[name] / "profile.yml")
    head.pop("extends", None)
    # What is in force is all layers of a file, the lowest first.
    found = {file: [path for layer in layers if (path := layer / file).is_file()] for file in _FILES}
    found["profile.yml"] = [folders[name] / "profile.yml"]
    for file, paths in found.items():
        if not paths:
            raise FileNotFoundError(file)
    codes: dict[str, dict[str, str]] = {}
    for path in found["codes.csv"]:
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            codes.setdefault(row["list"], {})[row["ours"]] = row["code"]
    template: dict[str, Any] = {}
    for path in found["template.yml"]:
        for part, nodes in _parsed(path).items():
            laid_over = isinstance(nodes, dict) and isinstance(template.get(part), list)
            template[part] = _overlaid(template[part], nodes) if laid_over else nodes
    rules: dict[str, Rule] = {}
    for path in found["rules.yml"]:
        for row in _parsed(path):
            rule = Rule(**row)
            rules[rule.id] = rule
    absent = dict.fromkeys(("namespace", "prefix", "sequence_attribute", "repeats"))
    return Profile(
        **{**absent, "about": "case", "charset": "unicode", **head},
        name=name,
        template=template,
        codes=codes,
        rules=tuple(
            rule
            for rule in rules.values()
            if rule.kind != "dropped" and (not rule.reports or head["report"] in rule.reports)
        ),
        digests={
            file: hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
            for file, paths in found.items()
        },
    )


def _layers(name: str, folders: dict[str, Path]) -> list[Path]:
    """The folders that a profile is made of, the lowest first."""
    layers: list[Path] = []
    at: str | None = name
    while at is not None:
        if folders[at] in layers:
            raise ValueError(f"{at!r} extends itself")
        layers.append(folders[at])
        at = _parsed(folders[at] / "profile.yml").get("extends")
    return layers[::-1]


def _overlaid(nodes: list[dict[str, Any]], changes: dict[str, Any]) -> list[dict[str, Any]]:
    """``nodes`` with ``changes``: ``name``, ``name before other`` or ``name after other`` to a node, None to none."""
    laid = list(nodes)
    for key, spec in changes.items():
        name, where, other = [*key.split(), "", ""][:3]
        standing = [next(iter(node)) for node in laid]
        if where:
            laid.insert(standing.index(other) + (where == "after"), {name: spec})
        elif spec is None:
            del laid[standing.index(name)]
        else:
            laid[standing.index(name)] = {name: spec}
    return laid


def _parsed(path: Path) -> Any:
    # The parser in C, where PyYAML was built with it: a rule book takes the other one half a second.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
