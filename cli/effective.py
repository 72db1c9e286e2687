"""The settings that are in force, as they may be shown: every secret is masked."""

from __future__ import annotations

from typing import Any

from lakehouse.secrets import is_secret, without_passwords
from lakehouse.settings import Settings
from sinks import SinkConfig

MASK = "***"
_FAMILIES = ("kafka", "formats", "envelopes", "registry")


def effective(settings: Settings, config: SinkConfig) -> dict[str, Any]:
    """Each setting by its name: those of the environment, then the sink's; None where nothing is set."""
    outside = {("" if name.startswith("kafka_") else "VIGIL_") + name.upper(): value for name, value in settings}
    sink = {f"sink.{name}": value for name, value in config if name not in _FAMILIES}
    families: dict[str, dict[str, Any]] = {
        "kafka": dict(config.kafka),
        "format": dict(config.formats),
        "envelope": dict(config.envelopes),
        "registry": config.registry.model_dump() if config.registry else {},
    }
    nested = {f"sink.{family}.{name}": value for family, each in families.items() for name, value in each.items()}
    return {name: shown(name, value) for name, value in {**outside, **sink, **nested}.items()}


def shown(name: str, value: Any) -> Any:
    """``value`` of the setting ``name`` as it may be read by anyone."""
    if value is None or isinstance(value, bool | int | float):
        return MASK if value is not None and is_secret(name) else value
    if is_secret(name):
        return MASK
    return list(value) if isinstance(value, tuple) else without_passwords(str(value))
