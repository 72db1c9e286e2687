"""One file holds the sinks' settings, for every command that talks to the brokers; what is wrong in it is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.sink import configured as from_command_line
from lakehouse.settings import Settings
from orchestration.environment import variables
from sinks import SinkConfig, configured
from sinks.errors import SinkMisconfigured
from sinks.settings_file import SECRETS

HIDDEN = "hunter2"


def written(folder: Path, text: str) -> Settings:
    """Settings that name a file with ``text``."""
    file = folder / "sink.yml"
    file.write_text(text, encoding="utf-8")
    return Settings(home=folder, sink_file=file)


def test_the_file_holds_what_set_takes(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        """
        topics: [bank.parties, bank.accounts]
        batch_rows: 5000
        start: latest
        kafka.security.protocol: ssl
        kafka.fetch.min.bytes: 7
        """,
    )
    assert configured(settings) == SinkConfig(
        topics=("bank.parties", "bank.accounts"),
        batch_rows=5000,
        start="latest",
        kafka={"security.protocol": "ssl", "fetch.min.bytes": "7"},
    )


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = written(tmp_path, "batch_rows: 5\nbatch_seconds: 2\nkafka.sasl.password: of the file\n")
    assert configured(settings).kafka == {"sasl.password": "of the file"}
    monkeypatch.setenv("VIGIL_KAFKA_SASL_PASSWORD", HIDDEN)
    config = from_command_line(None, ["batch_rows=6", "topics=bank.parties, bank.logins"], settings.sink_file)
    assert (config.batch_rows, config.batch_seconds, config.kafka) == (6, 2.0, {"sasl.password": HIDDEN})
    assert config.topics == ("bank.parties", "bank.logins")


def test_every_wrong_setting_is_named_at_once_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = written(
        tmp_path,
        """
        batch_row: 5
        start: middle
        group: ""
        kafka: {security.protocol: ssl}
        kafka.isolation.level: read_uncommitted
        kafka.bootstrap.servers: kafka.example:9092
        kafka.no.such.setting: 1
        kafka.fetch.min.bytes: many
        kafka.security.protocol: ssl
        kafka.ssl.ca.location: /nowhere/ca.pem
        """,
    )
    monkeypatch.setenv("VIGIL_KAFKA_SSL_KEY_PASSWORD", HIDDEN)
    with pytest.raises(SinkMisconfigured) as refused:
        configured(settings, {"decoders": 0})
    told = str(refused.value)
    for name, why in {
        "batch_row": "is batch_rows meant?",
        "start": "'earliest' or 'latest'",
        "group": "at least 1 character",
        "kafka": "not nested",
        "kafka.isolation.level": "landing depends on it",
        "kafka.bootstrap.servers": "KAFKA_BOOTSTRAP_SERVERS",
        "kafka.no.such.setting": "No such configuration property",
        "kafka.fetch.min.bytes": "Invalid value",
        "kafka.ssl.ca.location": "'/nowhere/ca.pem' cannot be read",
    }.items():
        assert re.search(rf"{re.escape(f'{name} ({settings.sink_file}): ')}[^;]*{re.escape(why)}", told), (name, told)
    assert "; decoders: Input should be greater than or equal to 1" in told
    assert HIDDEN not in told


def test_settings_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    settings = written(tmp_path, "kafka.security.protocol: sasl_ssl\nkafka.sasl.mechanism: SCRAM-SHA-512\n")
    with pytest.raises(SinkMisconfigured, match=r"sasl\.username and sasl\.password must be set"):
        configured(settings)
    settings = written(tmp_path, "registry.url: http://localhost\nformat.bank\\..*: avro\n")
    with pytest.raises(SinkMisconfigured, match=r"bank\\\.\.\* is a pattern"):
        configured(settings)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"batch_rows: 5\nkafka.sasl.password: '{HIDDEN}\n", "line "),
        (
            f"kafka.sasl.password: {HIDDEN}\nkafka.sasl.password: {HIDDEN}2\n",
            "line 1: kafka.sasl.password is set twice",
        ),
        (f"- {HIDDEN}\n", "holds no settings"),
        (HIDDEN, "holds no settings"),
    ],
)
def test_a_file_that_does_not_parse_is_named_and_not_shown(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(SinkMisconfigured, match=re.escape(str(tmp_path / "sink.yml"))) as refused:
        configured(written(tmp_path, text))
    assert named in str(refused.value)
    assert HIDDEN not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SinkMisconfigured, match=r"VIGIL_SINK_FILE names '.*nowhere.yml', which cannot be read: No such"
    ):
        configured(Settings(sink_file=tmp_path / "nowhere.yml"))


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert configured(written(tmp_path, "# nothing yet\n")) == SinkConfig()


def test_text_is_taken_as_it_stands(tmp_path: Path) -> None:
    """YAML would make other values of these passwords."""
    for password in ("0123", "no", "1e3", "2026-01-31", "~"):
        assert configured(written(tmp_path, f"kafka.sasl.password: {password}\n")).kafka == {"sasl.password": password}


@pytest.mark.parametrize(("variable", "name"), SECRETS.items())
def test_secrets_come_from_the_environment(
    variable: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, HIDDEN)
    settings = written(tmp_path, "registry.url: https://registry.example\nregistry.user: vigil\n")
    if name == "registry.token":
        settings = written(tmp_path, "registry.url: https://registry.example\n")
    config = configured(settings)
    assert HIDDEN in [*config.kafka.values(), *(config.registry.model_dump() if config.registry else {}).values()]
    assert HIDDEN not in repr(config)
    command = ["status", "--config", "--json", "--file", str(settings.sink_file)]
    shown = CliRunner().invoke(app, command, env={"VIGIL_HOME": str(tmp_path)})
    assert HIDDEN not in shown.output
    assert f'"sink.{name}": "***"' in shown.output


def test_a_secret_does_not_stand_in_a_command_line() -> None:
    told = CliRunner().invoke(app, ["status", "--config", "--set", f"kafka.sasl.password={HIDDEN}"])
    assert told.exit_code == 2
    assert "kafka.sasl.password" in told.output
    assert HIDDEN not in told.output


@pytest.mark.parametrize(
    "command",
    [
        ["sink", "run"],
        ["sink", "lag"],
        ["sink", "accept-gap", "bank.parties", "--by", "me", "--reason", "a test"],
        ["reconcile"],
        ["dead-letters", "replay"],
        ["status", "--config"],
    ],
)
def test_every_command_that_takes_the_file_reads_it_before_anything_starts(command: list[str], tmp_path: Path) -> None:
    file = written(tmp_path, "batch_row: 5\n").sink_file
    home = tmp_path / "home"
    option = "--file" if command[0] == "status" else "--config"
    told = CliRunner().invoke(app, [*command, option, str(file)], env={"VIGIL_HOME": str(home)})
    assert isinstance(told.exception, SinkMisconfigured), told.output
    assert f"batch_row ({file})" in str(told.exception)
    assert not home.exists()


def test_processes_below_find_the_file(tmp_path: Path) -> None:
    settings = written(tmp_path, "")
    assert variables(settings)["VIGIL_SINK_FILE"] == str(settings.sink_file)
