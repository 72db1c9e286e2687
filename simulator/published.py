"""Where the published data sets lie that can be replayed."""

from __future__ import annotations

import os
from pathlib import Path

from simulator.errors import SharedMissing

VARIABLE = "VIGIL_SHARED"
DEFAULT = Path("../shared")


def published(name: str, shared: Path | None = None) -> Path:
    """The path of ``data/<name>`` in the shared folder: ``shared``, else VIGIL_SHARED, else ``../shared``.

    Raises:
        SharedMissing: it is not there.
    """
    root = shared if shared is not None else Path(os.environ.get(VARIABLE) or DEFAULT)
    path = root / "data" / name
    if not path.exists():
        raise SharedMissing(
            f"{path} does not exist; put the published data set there, or name another folder by {VARIABLE}"
        )
    return path
