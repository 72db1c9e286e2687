"""dbt outside Dagster: a process of its own on one lake, at one pin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lakehouse.errors import BuildFailed, CatalogNotNamed
from lakehouse.settings import Settings

PROJECT = Path(__file__).parents[1] / "dbt_project"


def dbt(settings: Settings, pin: int, target: Path, *arguments: str) -> dict[str, str]:
    """Run ``dbt ARGUMENTS`` and return the status of each node, such as ``{"model.vigil.alerts": "success"}``.

    Args:
        settings: the lake's.
        pin: the snapshot of landing that all models read.
        target: dbt's folder for what it compiles; kept from run to run, so that it parses the project once.

    Raises:
        BuildFailed: dbt could not run, or a node failed; the message holds what dbt printed.
    """
    if settings.catalog is None:
        raise CatalogNotNamed("a build needs a lake: start the local services with 'vigil up', or set VIGIL_CATALOG")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments),
            *("--quiet", "--target-path", str(target), "--log-path", str(target / "logs")),
        ],
        cwd=PROJECT,
        # By the environment, as dbt parses the whole project again whenever --vars differ from the time before.
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(PROJECT),
            "VIGIL_HOME": str(settings.home.resolve()),
            "VIGIL_CATALOG": settings.catalog,
            "VIGIL_DATA_PATH": settings.lake_data_path,
            "VIGIL_PIN": str(pin),
        },
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise BuildFailed(f"dbt {' '.join(arguments)} failed at pin {pin}:\n{done.stdout}{done.stderr}")
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"]: result["status"] for result in results}
