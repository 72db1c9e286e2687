"""The file of the sinks' settings, and what goes before it: secrets of the environment, and the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lakehouse.settings import Settings
from sinks.config import SinkConfig
from sinks.errors import SinkMisconfigured

VARIABLE = "VIGIL_SINK_FILE"
# Taken from the environment, so that they need not stand in a file and cannot stand in a command line.
SECRETS = {
    "VIGIL_KAFKA_SASL_PASSWORD": "kafka.sasl.password",
    "VIGIL_KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET": "kafka.sasl.oauthbearer.client.secret",
    "VIGIL_KAFKA_SSL_KEY_PASSWORD": "kafka.ssl.key.password",
    "VIGIL_KAFKA_SSL_KEYSTORE_PASSWORD": "kafka.ssl.keystore.password",
    "VIGIL_REGISTRY_PASSWORD": "registry.password",
    "VIGIL_REGISTRY_TOKEN": "registry.token",
    "VIGIL_REGISTRY_KEY_PASSWORD": "registry.key_password",
}
_REGISTRY, _REGISTRY_URL = "registry.", "registry.url"


def configured(settings: Settings, given: Mapping[str, Any] | None = None) -> SinkConfig:
    """The sink's configuration: what is ``given``, before the environment's secrets, before the settings file.

    Raises:
        SinkMisconfigured: naming every wrong setting, and the file or variable that has it.
    """
    found: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if settings.sink_file is not None:
        found = _read(settings.sink_file)
        origins = dict.fromkeys(found, str(settings.sink_file))
    for variable, name in SECRETS.items():
        # Without a registry its secrets belong to somebody else.
        wanted = not name.startswith(_REGISTRY) or _REGISTRY_URL in {*found, *(given or {})}
        if wanted and (value := os.environ.get(variable)):
            found[name], origins[name] = value, variable
    for name in given or {}:
        origins.pop(name, None)
    return SinkConfig.parse({**found, **(given or {})}, origins)


class _FlatLoader(yaml.BaseLoader):
    """Text as it stands: 0123 and no are passwords as good as any. A name that comes twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key) for key, _ in node.value]
        for (key, _), name in zip(node.value, names, strict=True):
            if names.count(name) > 1:
                raise yaml.MarkedYAMLError(problem=f"{name} is set twice", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def _read(file: Path) -> dict[str, Any]:
    """The settings in ``file``, as text or lists of text."""
    try:
        # Built on the loader without types, which makes nothing but text, lists and mappings.
        found = yaml.load(file.read_text(encoding="utf-8"), _FlatLoader)  # noqa: S506
    except OSError as error:
        raise SinkMisconfigured(f"{VARIABLE} names {str(file)!r}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SinkMisconfigured(f"{VARIABLE} names {str(file)!r}, which is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        # The error itself shows the lines around, in which there may be a password.
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SinkMisconfigured(f"{file}, line {line}: {error.problem}; write one 'name: value' a line") from None
    except yaml.YAMLError:
        raise SinkMisconfigured(f"{file} is not YAML: write one 'name: value' a line") from None
    if found in (None, ""):
        return {}
    if not isinstance(found, dict):
        raise SinkMisconfigured(f"{file} holds no settings: write one 'name: value' a line")
    return found
