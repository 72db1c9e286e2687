"""Kafka's jars: the cache serves without a network, and nothing but the locked bytes is ever used."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.env import LockFile

from local import jars
from local.errors import JarsUnavailable
from local.lock import LOCK
from local.ports import LOOPBACK, free
from local.services import silent

JAR = "slf4j-api-1.7.36.jar"
REMOTE = f"org/slf4j/slf4j-api/1.7.36/{JAR}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A full cache of this test's own, on a machine that reaches no repository."""
    jars.class_path(silent)
    folder = tmp_path / "jars"
    folder.mkdir()
    for jar in jars.cache_folder().glob("*.jar"):
        os.symlink(jar, folder / jar.name)
    monkeypatch.setenv("VIGIL_JARS", str(folder))
    monkeypatch.setenv("VIGIL_MAVEN_REPOSITORY", f"http://{LOOPBACK}:{free(1)[0]}")
    return folder


@pytest.fixture
def mirror(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that a repository on this machine serves as `JAR`, which the cache lacks."""
    genuine = (cache / JAR).resolve()
    (cache / JAR).unlink()
    served = tmp_path / "repository" / REMOTE
    served.parent.mkdir(parents=True)
    served.write_bytes(genuine.read_bytes())

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), partial(Quiet, directory=str(tmp_path / "repository")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("VIGIL_MAVEN_REPOSITORY", f"http://{LOOPBACK}:{server.server_port}")
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_lock_pins_every_jar_and_names_no_place() -> None:
    locked = LockFile.load(LOCK).dependencies
    assert {(each.artifactId, each.version) for each in locked} >= {("kafka_2.13", "4.3.1"), ("slf4j-api", "1.7.36")}
    assert all(each.sha256 and len(each.sha256) == 64 for each in locked)
    assert "/" not in LOCK.read_text()


def test_a_full_cache_needs_no_network(cache: Path) -> None:
    messages: list[str] = []
    class_path = jars.class_path(messages.append).split(os.pathsep)
    assert len(class_path) == len(LockFile.load(LOCK).dependencies)
    assert str(cache / JAR) in class_path
    assert messages == []


def test_a_missing_jar_without_a_network_says_what_to_do(cache: Path) -> None:
    (cache / JAR).unlink()
    with pytest.raises(JarsUnavailable, match=rf"(?s){JAR}.*could not be downloaded.*VIGIL_MAVEN_REPOSITORY"):
        jars.class_path(silent)


def test_a_missing_jar_is_fetched(cache: Path, mirror: Path) -> None:
    messages: list[str] = []
    assert str(cache / JAR) in jars.class_path(messages.append)
    assert (cache / JAR).read_bytes() == mirror.read_bytes()
    assert messages[-1] == f"Kafka: jar 1 of 1, {JAR}"


def test_a_changed_download_is_refused(cache: Path, mirror: Path) -> None:
    mirror.write_bytes(b"not the jar that was locked")
    with pytest.raises(JarsUnavailable, match=rf"{JAR} was downloaded with sha256 .* It was not installed"):
        jars.class_path(silent)
    assert not (cache / JAR).exists()


def test_a_damaged_cached_jar_is_not_used(cache: Path) -> None:
    (cache / JAR).unlink()
    (cache / JAR).write_bytes(b"half a ja")
    with pytest.raises(JarsUnavailable, match=JAR):
        jars.class_path(silent)
