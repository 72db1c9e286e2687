"""vigil dead-letters: what it prints, and that it keeps payloads to itself unless asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from landing_bench import Bench, party
from typer.testing import CliRunner

from cli.main import app

Run = Callable[..., Any]


@pytest.fixture
def bench(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A topic with a row and three dead letters, and an environment that names its lake."""
    bench = Bench(kafka, new_topic, catalog)
    bench.send([party(1), b"no JSON: Jane Roe", b"\xff\x00", party(2, party_type="robot")])
    bench.land()
    monkeypatch.setenv("VIGIL_HOME", str(bench.settings.home))
    monkeypatch.setenv("VIGIL_CATALOG", catalog[0])
    monkeypatch.setenv("VIGIL_DATA_PATH", str(catalog[1]))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    return bench


def run(*arguments: str) -> Any:
    """What the command prints as JSON."""
    done = CliRunner().invoke(app, ["dead-letters", *arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return orjson.loads(done.stdout)


def text(*arguments: str) -> str:
    """What the command prints for people."""
    done = CliRunner().invoke(app, ["dead-letters", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_from_list_to_resolve(bench: Bench) -> None:
    topic = bench.topic
    assert {(each["reason"], each["open"]) for each in run("list", "--topic", topic)} == {
        ("malformed", 1),
        ("not_utf8", 1),
        ("not_allowed", 1),
    }
    assert [each["reason"] for each in run("list", "--reason", "malformed")] == ["malformed"]

    assert run("show", topic)["offset"] == 3
    letter = run("show", topic, "--reason", "malformed")
    assert (letter["offset"], letter["value_bytes"], letter["standing"]) == (1, 17, "open")
    assert "Jane" not in orjson.dumps(letter).decode()
    assert "Jane" not in text("show", topic, "--partition", "0", "--offset", "1")
    assert run("show", topic, "--reason", "malformed", "--payload")["value"] == "no JSON: Jane Roe"
    assert run("show", topic, "--partition", "0", "--offset", "2", "--payload")["value_base64"] == "/wA="

    # The test's topic has no contract of the project's.
    left = run("replay", "--topic", topic)
    assert (left["landed"], left["left"]) == (0, 3)
    assert {each["reason"] for each in left["fates"]} == {"no_contract"}

    settle = ("resolve", topic, "--by", "O1", "--reason", "sent by a test")
    assert run(*settle, "--only", "malformed") == {"resolved": 1}
    assert run(*settle, "--all") == {"resolved": 2}
    assert text(*settle, "--all").startswith("nothing to resolve")
    shown = run("show", topic)
    assert (shown["standing"], shown["resolved_by"], shown["resolution"]) == ("resolved", "O1", "sent by a test")
    bench.proves_exact(rows=1, dead_letters=3)


def test_resolving_a_whole_topic_takes_a_word(bench: Bench) -> None:
    done = CliRunner().invoke(app, ["dead-letters", "resolve", bench.topic, "--by", "O1", "--reason", "x"])
    assert done.exit_code == 2
    assert "--all" in done.output
