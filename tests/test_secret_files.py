"""Secrets that files hold: taken as if the environment held them, and never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from cli.secret_files import NAMES, read_into
from local.errors import SettingInvalid

HIDDEN = "hunter2"
VIGIL = [sys.executable, "-c", "from cli.main import main; main()"]


def test_a_command_takes_its_secrets_from_files_and_shows_none(tmp_path: Path) -> None:
    catalog, password = tmp_path / "catalog", tmp_path / "password"
    catalog.write_text(f"postgres:host=db.example user=vigil password={HIDDEN} dbname=vigil\n")
    password.write_text(f"{HIDDEN}\n")
    environment = {
        **os.environ,
        "VIGIL_HOME": str(tmp_path),
        "VIGIL_CATALOG_FILE": str(catalog),
        "VIGIL_KAFKA_SASL_PASSWORD_FILE": str(password),
    }
    shown = subprocess.run(
        [*VIGIL, "status", "--config", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    told = orjson.loads(shown.stdout)
    assert "host=db.example" in told["VIGIL_CATALOG"]
    assert told["sink.kafka.sasl.password"] == "***"
    assert HIDDEN not in shown.stdout + shown.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_value_is_the_file_without_its_last_newline(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(" a b \n")
    environment = {f"{name}_FILE": str(file)}
    read_into(environment)
    assert environment == {name: " a b "}


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", None])
def test_a_file_without_a_secret_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingInvalid, match=str(file)):
        read_into({"VIGIL_CATALOG_FILE": str(file)})


def test_two_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="both set") as refused:
        read_into({"VIGIL_CATALOG_FILE": str(tmp_path), "VIGIL_CATALOG": HIDDEN})
    assert HIDDEN not in str(refused.value)
