"""dbt as the tests run it: a process of its own on the lake of the test, at a pin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lakehouse.settings import Settings

PROJECT = Path(__file__).parents[1] / "dbt_project"
Statuses = dict[str, str]


def dbt(settings: Settings, pin: int, target: Path, *arguments: str, project: Path = PROJECT) -> Statuses:
    """Run ``dbt ARGUMENTS`` and return the status of each node, such as ``{"model.vigil.alerts": "success"}``.

    ``target`` is kept from run to run, so that dbt parses the project once.

    Raises:
        AssertionError: dbt could not run, or a node failed; the message holds what dbt printed.
    """
    assert settings.catalog is not None
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments),
            *("--quiet", "--target-path", str(target), "--log-path", str(target / "logs")),
        ],
        cwd=project,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(project),
            "VIGIL_HOME": str(settings.home),
            "VIGIL_CATALOG": settings.catalog,
            "VIGIL_DATA_PATH": settings.lake_data_path,
            "VIGIL_PIN": str(pin),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"]: result["status"] for result in results}


def build_cases(settings: Settings, pin: int, target: Path) -> Statuses:
    """Build what cases need, without tests."""
    return dbt(settings, pin, target, "build", "--select", "+cases", "--exclude-resource-types", "test", "unit_test")
