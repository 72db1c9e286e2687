"""dbt's command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource
from packaging.version import Version

PROJECT = Path(__file__).parents[3] / "dbt_project"


class Dbt(DbtCliResource):
    """The dbt of this environment."""

    @cached_property
    def _cli_version(self) -> Version:
        # The base class asks 'dbt --version' in every step, which takes seconds.
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002 (the base class's signature)
        # It serves row counts and column metadata that nobody asks of it here, and loads the whole project for that.
        return None


dbt = Dbt(
    project_dir=str(PROJECT),
    profiles_dir=str(PROJECT),
    # That of this environment, whether or not it is on the path.
    dbt_executable=str(Path(sys.executable).with_name("dbt")),
)
