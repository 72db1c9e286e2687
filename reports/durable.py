"""Files that are never seen half written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def write(target: Path, files: Mapping[str, bytes | Path], last: str) -> None:
    """Write ``files`` (by name) into the folder ``target``, each whole or not at all, ``last`` after all others.

    A path is that of a file which lies on the same disk and is taken from there.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in sorted(files, key=lambda name: name == last):
        _replace(target / name, files[name])
    # The names themselves are safe on the disk only once their folder is.
    for held in (target, target.parent):
        _sync_folder(held)


def _replace(path: Path, content: bytes | Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    if isinstance(content, Path):
        content.replace(temporary)
    try:
        with temporary.open("ab" if isinstance(content, Path) else "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
