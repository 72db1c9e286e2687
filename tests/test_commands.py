"""The command line: documented, honest about errors, and quick to answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from cli.main import app, main

DOCS = Path(__file__).parent.parent / "docs"


def commands() -> Iterator[str]:
    """Every command's name with its group, as a user types it."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name
        else:
            yield from (f"{name} {each}" for each in inner)


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_is_in_the_docs_and_explains_itself(command: str) -> None:
    assert f"vigil {command}" in (DOCS / "commands.md").read_text(encoding="utf-8")
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_an_expected_error_is_one_line_that_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("VIGIL_HOME", str(tmp_path))
    monkeypatch.setenv("VIGIL_CATALOG", "postgres:host=127.0.0.1 port=1 dbname=nowhere")
    monkeypatch.setattr("sys.argv", ["vigil", "alerts", "--json"])
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert "KAFKA_BOOTSTRAP_SERVERS" in orjson.loads(told.out)["error"]
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err
