"""Writes `kafka.lock.toml`: every jar the broker needs, at one version, with its sha256 (`python -m local.lock`)."""

import tempfile
from pathlib import Path

from jgo.env import LockFile
from jgo.maven import MavenContext

LOCK = Path(__file__).with_name("kafka.lock.toml")

# Kafka logs through slf4j 1.7; without this binding it logs nothing. The `!` keeps the versions that log4j's own POM
# manages (an older jackson) from overruling Kafka's.
COORDINATES = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!",
)


def write(path: Path = LOCK) -> LockFile:
    """Resolve `COORDINATES` afresh, download every jar once and write the lock to `path`.

    The checksums are those of the files as downloaded here, so review the difference before committing it.
    """
    with tempfile.TemporaryDirectory(prefix="vigil-lock-") as cache:
        maven = MavenContext(repo_cache=Path(cache), timeout=60)
        inputs, transitive = maven.resolver.resolve([maven.create_dependency(each) for each in COORDINATES])
        jars = sorted(inputs + transitive, key=lambda each: (each.groupId, each.artifactId))
        lock = LockFile.from_resolved_dependencies(jars, environment_name="kafka", min_java_version=17)
    lock.save(path)
    return lock


if __name__ == "__main__":
    print(f"{len(write().dependencies)} jars locked in {LOCK.name}")
