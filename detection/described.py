"""The scenarios as the dbt project describes them, before anything is built: entries, unit tests, seeds."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from detection.errors import NotDescribed

Row = dict[str, str]


@dataclass(frozen=True)
class Described:
    """A scenario in words.

    ``model``: its SQL, from the project's parent folder; ``proofs``: description of each unit test of the model, by
    name; ``versions`` and ``parameters``: its rows of the seeds, as text; ``jurisdictions``: those that have rows of
    their own.
    """

    scenario_id: str
    model: Path
    finds: str
    why: str
    innocent_twin: str
    proofs: dict[str, str]
    versions: list[Row]
    parameters: list[Row]
    jurisdictions: list[str]


def described(project: Path) -> list[Described]:
    """All scenarios of a dbt project, as seeds/scenarios.csv lists them.

    Raises:
        NotDescribed: a scenario has no entry, or one without ``why`` or ``innocent_twin`` under ``config.meta``.
    """
    marts = project / "models" / "marts"
    entries: dict[str, dict[str, Any]] = {}
    proofs: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for file in sorted(marts.rglob("*.yml")):
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
        entries.update({entry["name"]: entry for entry in read.get("models", [])})
        for test in read.get("unit_tests", []):
            proofs[test["model"]][test["name"]] = test["description"].strip()
    models = {file.stem: file.relative_to(project.parent) for file in marts.rglob("*.sql")}
    versions, parameters = _by_scenario(project, "scenarios"), _by_scenario(project, "scenario_parameters")
    for name in versions:
        if name not in entries:
            raise NotDescribed(f"scenario {name!r} of seeds/scenarios.csv has no entry under models: add one")
    with_rows = {name: {row["jurisdiction"] for row in rows} for name, rows in parameters.items()}
    return [
        Described(
            scenario_id=name,
            model=models[name],
            finds=entries[name]["description"].strip(),
            why=_meta(name, entries[name], "why"),
            innocent_twin=_meta(name, entries[name], "innocent_twin"),
            proofs=proofs[name],
            versions=rows,
            parameters=parameters[name],
            jurisdictions=[
                row["jurisdiction"] for row in _seed(project, "jurisdictions") if row["jurisdiction"] in with_rows[name]
            ],
        )
        for name, rows in versions.items()
    ]


def _meta(name: str, entry: dict[str, Any], key: str) -> str:
    found = entry.get("config", {}).get("meta", {}).get(key)
    if not found:
        raise NotDescribed(f"scenario {name!r} has no {key} under config.meta of its entry: add a sentence")
    return str(found).strip()


def _seed(project: Path, name: str) -> list[Row]:
    with (project / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _by_scenario(project: Path, name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in _seed(project, name):
        found.setdefault(row["scenario_id"], []).append(row)
    return found
