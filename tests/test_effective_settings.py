"""`vigil status --config` shows what is in force, and no secret of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from cli.main import app

HIDDEN = "hunter2"
SECRETS = (
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.assertion.private.key.passphrase",
)
CATALOGS = (
    f"postgres:host=db.example port=5432 user=vigil password={HIDDEN} dbname=vigil",
    f"postgres:host=db.example user=vigil password = '{HIDDEN} and \\' more {HIDDEN}' dbname=vigil",
    f"postgres:postgresql://vigil:{HIDDEN}@db.example/vigil",
)


@pytest.mark.parametrize("catalog", CATALOGS)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_secret_is_shown(catalog: str, form: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path))
    monkeypatch.setenv("VIGIL_CATALOG", catalog)
    file = tmp_path / "sink.yml"
    file.write_text("".join(f"kafka.{name}: {HIDDEN}\n" for name in SECRETS))
    told = CliRunner().invoke(app, ["status", "--config", "--file", str(file), *form])
    assert told.exit_code == 0, told.output
    assert HIDDEN not in told.output
    assert "db.example" in told.output
    assert all(f"sink.kafka.{name}" in told.output for name in SECRETS)


def test_what_is_in_force_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path))
    monkeypatch.setenv("VIGIL_THREADS", "3")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("VIGIL_KAFKA_SASL_PASSWORD", HIDDEN)
    sets = ["--set", "batch_rows=5", "--set", "kafka.sasl.username=vigil", "--set", "kafka.sasl.mechanism=PLAIN"]
    told = orjson.loads(CliRunner().invoke(app, ["status", "--config", "--json", *sets]).stdout)
    assert told["VIGIL_HOME"] == str(tmp_path)
    assert told["VIGIL_THREADS"] == 3
    assert told["VIGIL_CATALOG"] is None
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example:9092"
    assert (told["sink.batch_rows"], told["sink.group"]) == (5, "vigil")
    assert told["sink.kafka.sasl.username"] == "vigil"
    assert told["sink.kafka.sasl.password"] == "***"
