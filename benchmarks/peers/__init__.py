"""Other tools that land Kafka topics in DuckDB, each installed into an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """``script`` runs in an environment with ``packages``; ``options`` go into its order."""

    script: str
    packages: tuple[str, ...]
    delivery: str
    continuous: bool
    load_rows: int = 0


PEERS = {
    "quixstreams": Peer(
        "quixstreams_peer.py", ("quixstreams==3.28.1", "duckdb==1.5.5", "pyarrow==26.0.1"), "at least once", True
    ),
    "bytewax": Peer(
        "bytewax_peer.py",
        ("bytewax==0.21.1", "confluent-kafka==2.16.1", "duckdb==1.5.5", "pyarrow==26.0.1"),
        "at least once",
        True,
    ),
    "dlt": Peer(
        "dlt_peer.py",
        ("dlt==1.31.0", "confluent-kafka==2.16.1", "duckdb==1.5.5", "pyarrow==26.0.1"),
        "at least once",
        True,
        load_rows=100_000,
    ),
    "dlt-at-once": Peer(
        "dlt_peer.py",
        ("dlt==1.31.0", "confluent-kafka==2.16.1", "duckdb==1.5.5", "pyarrow==26.0.1"),
        "at least once, nothing visible before its end",
        False,
    ),
}
NOT_MEASURED = {
    "sql-flow": "it is published as a container and as source, not on PyPI (sqlflow there is another project)"
}


def environment(peer: Peer, state: Path) -> tuple[Path | None, str]:
    """The interpreter of the peer's environment below ``state``, made if need be; or None and why it cannot be."""
    folder = state / Path(peer.script).stem
    python = folder / "bin" / "python"
    done = folder / "installed"
    wanted = "\n".join(peer.packages)
    if done.exists() and done.read_text() == wanted:
        return python, ""
    uv = str(Path(sys.executable).with_name("uv"))
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL")
    where = ["--default-index", index] if index else []
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(python), *where, *peer.packages],
    ):
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            return None, ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f"exit {ran.returncode}"
    done.write_text(wanted)
    return python, ""
