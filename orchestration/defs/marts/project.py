"""The dbt project as Dagster sees it, and the manifest that dbt writes of it before the graph is read."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.defs.marts.resources import PROJECT, dbt

_TARGET = PROJECT / "target"


class ByLayer(DagsterDbtTranslator):
    """Groups the models in Dagster's pages as the lake's schemas do."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])


# A source's test as a check would sit on landing, and a step that checks an asset is not blocked by that asset's other
# checks: dbt would run past a shut landing gate.
TRANSLATOR = ByLayer(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))


def manifest() -> Path:
    """The project's manifest, newer than every file it was made from; ``dbt parse`` writes it if it is not."""
    path = _TARGET / "manifest.json"
    with _exclusive():
        if not path.exists() or path.stat().st_mtime < max(source.stat().st_mtime for source in _sources()):
            dbt.cli(["parse", "--quiet"], target_path=_TARGET).wait()
    return path


@contextmanager
def _exclusive() -> Iterator[None]:
    """The web server, the daemon and a command may all read the graph at once."""
    _TARGET.mkdir(exist_ok=True)
    with (_TARGET / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [name for name in folders if name not in ("target", "logs", "__pycache__")]
        yield from (Path(folder, name) for name in files if Path(name).suffix in (".sql", ".yml", ".csv", ".md"))
