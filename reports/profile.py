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

from reports.errors import UnknownProfile
from reports.rulebook import Rule

PROFILES = Path(__file__).parent / "profiles"
_FILES = ("profile.yml", "template.yml", "codes.csv", "rules.yml")


@dataclass(frozen=True)
class Profile:
    """One folder under ``reports/profiles``.

    ``profile.yml`` says which form it is and what a filing is about (a case, if it does not say), ``template.yml``
    which column goes to which element, ``codes.csv`` how our words are spelt in the regulator's code lists,
    ``rules.yml`` what must hold. A folder that names another one under ``extends`` takes from it the files it lacks;
    its codes are laid over the other's, code by code.
    """

    name: str
    version: str
    form: str
    about: Literal["case", "day"]
    report: str
    title: str
    schema: str
    namespace: str | None
    prefix: str | None
    sequence_attribute: str | None
    charset: str
    template: dict[str, Any]
    codes: dict[str, dict[str, str]]
    rules: tuple[Rule, ...]
    digests: dict[str, str]

    @property
    def namespaces(self) -> dict[str, str]:
        """Prefixes that the rule book's XPath may use."""
        return {self.prefix: self.namespace} if self.prefix and self.namespace else {}


def names(about: Literal["case", "day"] | None = None) -> list[str]:
    """The profiles there are, sorted; only those of filings ``about`` that, if it is given."""
    found = sorted(folder.name for folder in PROFILES.iterdir() if (folder / "profile.yml").is_file())
    return [name for name in found if about in (None, load(name).about)]


@cache
def load(name: str, profiles: Path = PROFILES) -> Profile:
    """The profile of that name.

    Raises:
        UnknownProfile: there is none, or one of its files is missing or faulty.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) or not (profiles / name / "profile.yml").is_file():
        raise UnknownProfile(f"profile {name!r} does not exist; there are: {', '.join(names())}")
    try:
        return _load(name, profiles)
    except (KeyError, TypeError, ValueError, yaml.YAMLError, FileNotFoundError) as error:
        raise UnknownProfile(f"profile {name!r} is faulty: {error!r}. docs/filings.md describes its files.") from error


def _load(name: str, profiles: Path) -> Profile:
    head = yaml.safe_load((profiles / name / "profile.yml").read_text(encoding="utf-8"))
    base = head.pop("extends", None)
    found = {
        file: (profiles / name / file) if (profiles / name / file).is_file() else (profiles / str(base) / file)
        for file in _FILES
    }
    codes: dict[str, dict[str, str]] = {}
    for folder in ([str(base)] if base else []) + [name]:
        if (path := profiles / folder / "codes.csv").is_file():
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                codes.setdefault(row["list"], {})[row["ours"]] = row["code"]
    rules = yaml.safe_load(found["rules.yml"].read_text(encoding="utf-8"))
    absent = {"about": "case", "namespace": None, "prefix": None, "sequence_attribute": None, "charset": "unicode"}
    return Profile(
        **{**absent, **head},
        name=name,
        template=yaml.safe_load(found["template.yml"].read_text(encoding="utf-8")),
        codes=codes,
        rules=tuple(Rule(**rule) for rule in rules),
        digests={file: hashlib.sha256(path.read_bytes()).hexdigest() for file, path in found.items()},
    )
