"""What processes below this one must know: the steps, dbt and Dagster's own all read the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.settings import Settings
from orchestration.instance import prepare


def variables(settings: Settings) -> dict[str, str]:
    """Environment variables under which ``Settings()`` gives ``settings`` again, and Dagster finds its instance."""
    named = {
        "VIGIL_HOME": settings.home.resolve(),
        "VIGIL_CATALOG": settings.catalog,
        "VIGIL_DATA_PATH": settings.data_path,
        "VIGIL_SINK_FILE": settings.sink_file and settings.sink_file.resolve(),
        "VIGIL_MEMORY_LIMIT": settings.memory_limit,
        "VIGIL_THREADS": settings.threads,
        "VIGIL_PROFILES": settings.profiles and Path(settings.profiles).resolve(),
        "VIGIL_TODAY": settings.today,
        "VIGIL_FILE_UNDER": settings.file_under,
        "VIGIL_SCHEMAS": settings.schemas and Path(settings.schemas).resolve(),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "DAGSTER_HOME": prepare(settings),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    return {name: str(value) for name, value in named.items() if value is not None}


@contextmanager
def environment(settings: Settings) -> Iterator[None]:
    """This process's environment with ``variables(settings)``; as before on leaving the block."""
    former = dict(os.environ)
    os.environ.update(variables(settings))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)
