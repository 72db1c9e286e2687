"""Jars, Kafka's above all: fetched once by jgo's resolver, held to the checksums of a lock, cached for every home."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext

from local.errors import JarsUnavailable
from local.lock import LOCK

DOWNLOADS_AT_ONCE = 8
TIMEOUT_SECONDS = 60
_REPLACEMENT = {
    "Kafka": "name a running broker by KAFKA_BOOTSTRAP_SERVERS",
    "Registry": "name a running registry by the sink's setting registry.url",
}


def cache_folder() -> Path:
    """Where the jars are kept: `VIGIL_JARS`, else `~/.cache/vigil/jars`; one cache serves all homes of a user."""
    named = os.environ.get("VIGIL_JARS")
    return Path(named).expanduser().resolve() if named else Path.home() / ".cache" / "vigil" / "jars"


def class_path(progress: Callable[[str], None]) -> str:
    """The broker's class path, every jar checked against the lock; the network is used only for what the cache lacks.

    `VIGIL_MAVEN_REPOSITORY` (a URL) names a mirror to download from. Raises JarsUnavailable when a jar cannot be had
    or its bytes are not those of the lock.
    """
    locked = LockFile.load(LOCK).dependencies
    with alone():
        return os.pathsep.join(map(str, fetched(locked, "Kafka", progress)))


def fetched(locked: Sequence[LockedDependency], whose: str, progress: Callable[[str], None]) -> list[Path]:
    """The files of `locked` in the cache, each checked; missing ones are downloaded. Only within `alone`.

    Raises JarsUnavailable as `class_path`, naming `whose` they are.
    """
    folder = cache_folder()
    missing = [jar for jar in locked if not _is_intact(folder / _file_name(jar), jar)]
    if missing:
        _download(missing, folder, whose, progress)
    return [folder / _file_name(jar) for jar in locked]


def _download(jars: list[LockedDependency], folder: Path, whose: str, progress: Callable[[str], None]) -> None:
    progress(f"{whose}: downloading {len(jars)} {'jars' if len(jars) > 1 else 'jar'} into {folder}")
    if whose == "Kafka":
        for outdated in folder.glob("startup-*.aot"):  # the JVM's start-up caches hold for exactly these files
            outdated.unlink()
    mirror = os.environ.get("VIGIL_MAVEN_REPOSITORY")
    # A folder of its own on the same disk: an interrupted download never leaves half a jar under a jar's name.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
        maven = MavenContext(
            repo_cache=Path(scratch), remote_repos={"mirror": mirror} if mirror else None, timeout=TIMEOUT_SECONDS
        )
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            downloads = {pool.submit(_fetch, maven, jar, whose): jar for jar in jars}
            for done, download in enumerate(as_completed(downloads), start=1):
                fetched, jar = download.result(), downloads[download]
                fetched.replace(folder / _file_name(jar))
                progress(f"{whose}: jar {done} of {len(jars)}, {_file_name(jar)}")
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch(maven: MavenContext, jar: LockedDependency, whose: str) -> Path:
    component = maven.project(jar.groupId, jar.artifactId).at_version(jar.version)
    artifact = component.artifact(jar.classifier or "", jar.packaging)
    try:
        path = artifact.resolve()
    except (OSError, RuntimeError) as error:  # no connection is an OSError, an answer other than 200 a RuntimeError
        raise JarsUnavailable(
            f"{whose}'s jar {_file_name(jar)} is not in {cache_folder()} and could not be downloaded: {error}. Run once"
            " with a network, or name a mirror by VIGIL_MAVEN_REPOSITORY, or copy a filled cache here and name it by"
            f" VIGIL_JARS, or {_REPLACEMENT[whose]}."
        ) from error
    if not _is_intact(path, jar):
        raise JarsUnavailable(
            f"{whose}'s jar {_file_name(jar)} was downloaded with sha256 {sha256(path)}, but the lock says"
            f" {jar.sha256}. It was not installed; find out who changed it on its way to this machine."
        )
    return path


def _is_intact(path: Path, jar: LockedDependency) -> bool:
    return path.is_file() and sha256(path) == jar.sha256


def sha256(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _file_name(jar: LockedDependency) -> str:
    classifier = f"-{jar.classifier}" if jar.classifier else ""
    return f"{jar.artifactId}-{jar.version}{classifier}.{jar.packaging}"


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time changes the cache."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
