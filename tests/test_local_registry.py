"""The schema registry of a home starts, keeps its schemas, and is known to status and down."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from schemas import register

from local import jars, registry_app
from local.errors import JarsUnavailable, ServiceFailed
from local.ports import LOOPBACK
from local.registry import Registry
from local.services import down, silent, status

TEXT = {"type": "record", "name": "Kept", "fields": [{"name": "a", "type": "string"}]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of this file's own, with nothing but a registry; its path has letters that a JDBC URL could trip over."""
    folder = tmp_path_factory.mktemp("hö me;x=1")
    yield folder
    down(folder)


def test_schemas_survive_down_and_a_kill(home: Path) -> None:
    registry = Registry(home)
    registry.launch(silent)
    url = registry.wait_until_ready(silent)
    known = register(url, "kept-value", TEXT)
    shown = {each.name: each for each in status(home)}["registry"]
    assert (shown.state, shown.address) == ("running", url)
    process = registry.process()
    assert process is not None
    listening = [each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
    assert {ip.removeprefix("::ffff:") for ip in listening} == {LOOPBACK}
    assert down(home) == {"registry"}
    assert {each.name: each.state for each in status(home)}["registry"] == "stopped"
    registry.launch(silent)
    assert registry.wait_until_ready(silent) == url
    assert register(url, "kept-value", TEXT) == known


def test_one_that_ends_at_once_is_named_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.registry.OPTIONS", ("-XX:NoSuchOption=1",))
    registry = Registry(tmp_path)
    registry.launch(silent)
    with pytest.raises(ServiceFailed, match="NoSuchOption"):
        registry.wait_until_ready(silent)


def test_a_home_without_a_registry_tells_of_none(tmp_path: Path) -> None:
    assert [each.name for each in status(tmp_path)] == ["kafka", "postgres"]


def test_changed_files_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_JARS", str(tmp_path))
    folder = tmp_path / "apicurio-registry-app-3.0.9"
    folder.mkdir()
    (folder / "apicurio-registry-app-3.0.9-runner.jar").write_bytes(b"something else")
    monkeypatch.setenv("VIGIL_MAVEN_REPOSITORY", f"http://{LOOPBACK}:1")
    with pytest.raises(JarsUnavailable, match=r"Registry's jar .*registry\.url"):
        registry_app.installed(silent)


def test_an_archive_with_other_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_JARS", str(tmp_path))
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    packed = tmp_path / "apicurio-registry-app-3.0.9-all.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(other, "other")
    lock = tmp_path / "registry.lock.toml"
    locked = registry_app.LOCK.read_text().splitlines()
    lock.write_text("\n".join(f'sha256 = "{jars.sha256(packed)}"' if i == 6 else line for i, line in enumerate(locked)))
    monkeypatch.setattr(registry_app, "LOCK", lock)
    with pytest.raises(JarsUnavailable, match="Nothing of it was installed"):
        registry_app.installed(silent)
