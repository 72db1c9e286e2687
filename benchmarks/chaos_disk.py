"""A small file system of this run's own, to be filled up: a tmpfs in a mount namespace that ends with the run.

It needs Linux and either root or user namespaces that anybody may make (`sysctl user.max_user_namespaces`, and on
Ubuntu `kernel.apparmor_restrict_unprivileged_userns=0`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o "size=$1,mode=755" tmpfs "$2" && shift 2 && exec "$@"'
_FILLER = "filler"


class NoDisk(Exception):
    """This machine does not let us make a file system."""


def inside(folder: Path, megabytes: int, command: Sequence[str]) -> list[str]:
    """What runs ``command`` such that ``folder`` is a small file system for it and the processes it starts.

    Raises:
        NoDisk: it cannot be made here.
    """
    mount = ["sh", "-c", _MOUNT, "sh", f"{megabytes}m", str(folder)]
    if os.geteuid() == 0:
        whole = ["unshare", "--mount", *mount]
    else:
        # Only root of a user namespace may mount; in there, a second one makes us who we were.
        back = ["unshare", "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]
        whole = ["unshare", "--user", "--map-root-user", "--mount", *mount, *back]
    if shutil.which("unshare") is None:
        raise NoDisk("there is no unshare(1) here")
    tried = subprocess.run([*whole, "true"], capture_output=True, text=True)
    if tried.returncode:
        raise NoDisk(f"no file system could be mounted: {tried.stderr.strip()}")
    return [*whole, *command]


def fill(folder: Path) -> int:
    """Leave no byte free on the file system of ``folder``; returns how many were taken."""
    filler = folder / _FILLER
    with filler.open("ab") as out:
        while free := os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize:
            try:
                os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), free)
            except OSError:  # a sink took some of it meanwhile
                continue
        return out.seek(0, os.SEEK_END)


def free(folder: Path) -> None:
    """Give back what ``fill`` took."""
    (folder / _FILLER).unlink(missing_ok=True)
