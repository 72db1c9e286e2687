"""The dbt project as Dagster sees it: its manifest, written by dbt before the graph is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

PROJECT = DbtProject(project_dir=Path(__file__).parents[3] / "dbt_project")

# A source's test as a check would sit on landing, and a step that checks an asset is not blocked by that asset's other
# checks: dbt would run past a shut landing gate.
TRANSLATOR = DagsterDbtTranslator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))


def prepared() -> DbtProject:
    """The project, its manifest newer than every file it was made from; ``dbt parse`` runs if it is not."""
    manifest = PROJECT.manifest_path
    if not manifest.exists() or manifest.stat().st_mtime < max(path.stat().st_mtime for path in _sources()):
        PROJECT.preparer.prepare(PROJECT)
    return PROJECT


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(PROJECT.project_dir):
        folders[:] = [name for name in folders if name not in ("target", "logs", "__pycache__")]
        yield from (Path(folder, name) for name in files if Path(name).suffix in (".sql", ".yml", ".csv", ".md"))
