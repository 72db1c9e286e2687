"""Dagster's instance: its folder under the home, written once, and its settings."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import yaml

from lakehouse.settings import Settings

# Without a default limit the pools of sinks, dbt and filings would limit nothing.
_SETTINGS = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "concurrency": {"pools": {"default_limit": 1, "granularity": "op"}},
    "run_monitoring": {"enabled": True},
    # Standard output goes where the process sends it; each step would start processes to keep a copy of it.
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    },
}


def prepare(settings: Settings) -> Path:
    """The instance's folder, ``<home>/dagster``, with a ``dagster.yaml``; one that is there already is left alone.

    Runs, events and schedules are in SQLite files beside it.
    """
    folder = (settings.home / "dagster").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "dagster.yaml"
    if not path.exists():
        path.write_text(yaml.safe_dump(_SETTINGS, sort_keys=False), encoding="utf-8")
    return folder


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that ``vigil ui`` shows. Close it by leaving its ``with`` block."""
    return dg.DagsterInstance.from_config(str(prepare(settings)))
