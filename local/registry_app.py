"""The schema registry's program: fetched once, held to the checksums of `registry.lock.toml`, unpacked in the cache."""

import hashlib
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from jgo.env import LockedDependency
from jgo.maven import MavenContext

from local import jars
from local.errors import JarsUnavailable

LOCK = Path(__file__).with_name("registry.lock.toml")
ARCHIVE = {
    "groupId": "io.apicurio",
    "artifactId": "apicurio-registry-app",
    "version": "3.0.9",
    "classifier": "all",
    "packaging": "tar.gz",
}


def installed(progress: Callable[[str], None]) -> Path:
    """The jar to run, beside it all it needs; every file is checked, the network used only for what the cache lacks.

    Raises JarsUnavailable when the archive cannot be had, or its bytes are not those of the lock.
    """
    lock = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    archive = LockedDependency(**lock["archive"])
    folder = jars.cache_folder() / f"{archive.artifactId}-{archive.version}"
    with jars.alone():
        if not folder.is_dir() or tree_sha256(folder) != lock["unpacked"]["sha256"]:
            _unpack(archive, folder, lock["unpacked"]["sha256"], progress)
    return next(folder.glob("*-runner.jar"))


def tree_sha256(folder: Path) -> str:
    """One checksum of all files below `folder`, by their names and contents."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{jars.sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _unpack(archive: LockedDependency, folder: Path, expected: str, progress: Callable[[str], None]) -> None:
    packed = jars.fetched([archive], "Registry", progress)[0]
    progress(f"Registry: unpacking {packed.name}")
    # A folder of its own on the same disk: an interrupted unpacking never leaves half a program.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as scratch:
        unpacked, former = Path(scratch) / "app", Path(scratch) / "former"
        with tarfile.open(packed) as tar:
            tar.extractall(unpacked, filter="data")
        if (found := tree_sha256(unpacked)) != expected:
            raise JarsUnavailable(
                f"{packed.name} unpacks to files with the checksum {found}, but {LOCK.name} says {expected}."
                " Nothing of it was installed; remove it from the cache and start again."
            )
        if folder.exists():
            folder.rename(former)
        unpacked.rename(folder)
    # It served; the unpacked files are checked on their own from now on.
    packed.unlink()


def write_lock(path: Path = LOCK) -> str:
    """Download the archive once and write the lock to `path` (`python -m local.registry_app`); returns its text.

    The checksums are those of the files as downloaded here, so review the difference before committing it.
    """
    with tempfile.TemporaryDirectory(prefix="vigil-lock-") as scratch:
        maven = MavenContext(repo_cache=Path(scratch) / "maven", timeout=60)
        component = maven.project(ARCHIVE["groupId"], ARCHIVE["artifactId"]).at_version(ARCHIVE["version"])
        packed = component.artifact(ARCHIVE["classifier"], ARCHIVE["packaging"]).resolve()
        with tarfile.open(packed) as tar:
            tar.extractall(Path(scratch) / "app", filter="data")
        archive = "".join(f'{name} = "{value}"\n' for name, value in ARCHIVE.items())
        text = (
            f'[archive]\n{archive}sha256 = "{jars.sha256(packed)}"\n\n'
            f'[unpacked]\nsha256 = "{tree_sha256(Path(scratch) / "app")}"\n'
        )
    path.write_text(text, encoding="utf-8")
    return text


if __name__ == "__main__":
    print(write_lock(), end="")
