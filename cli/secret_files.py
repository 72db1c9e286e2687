"""Secrets from files: ``<NAME>_FILE`` names a file that holds what ``<NAME>`` would."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from local.errors import SettingInvalid
from sinks.settings_file import SECRETS

NAMES = ("VIGIL_CATALOG", *SECRETS)


def read_into(environment: MutableMapping[str, str]) -> None:
    """Set each of ``NAMES`` whose file is named, for this process and those below it; a newline at the end is cut off.

    Raises:
        SettingInvalid: a file cannot be read or is empty, or both the value and its file are given.
    """
    for name in NAMES:
        file = environment.get(f"{name}_FILE")
        if not file:
            continue
        if environment.get(name):
            raise SettingInvalid(f"{name} and {name}_FILE are both set; unset one of them")
        try:
            secret = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SettingInvalid(f"{name}_FILE names {file!r}, which cannot be read: {why}") from None
        if not secret:
            raise SettingInvalid(f"{name}_FILE names {file!r}, which is empty")
        environment[name] = secret
        # A process below this one finds the value, and would take both for a mistake.
        del environment[f"{name}_FILE"]
