"""One Apache Kafka broker (KRaft, broker and controller in one process) with all its state in `<home>/kafka`."""

import shutil
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local import kafka_config, kafka_jvm, ports, processes
from local.errors import ServiceFailed
from local.readiness import answers

READY_SECONDS = 120.0
STOP_SECONDS = 40.0  # a clean stop takes a second; the one that writes the start-up cache takes seven more
PORT_ATTEMPTS = 3


@dataclass(frozen=True)
class Broker:
    """The broker of `home` (an absolute path). Making one reads and starts nothing."""

    home: Path

    @property
    def log(self) -> Path:
        """The broker's own log."""
        return self._folder / "server.log"

    @property
    def bootstrap_servers(self) -> str | None:
        """`host:port` as of the last start, or None before the first."""
        found = kafka_config.read_ports(self._properties)
        return f"{ports.LOOPBACK}:{found[0]}" if found else None

    def process(self) -> psutil.Process | None:
        """The running broker of this home, or None."""
        return processes.find(self._pid_file, "java", str(self._properties))

    def launch(self, progress: Callable[[str], None]) -> None:
        """Start the broker without waiting for it; storage is formatted the first time, the last port kept if free.

        Raises JarsUnavailable, or ServiceFailed when formatting fails.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._data.is_dir():
            self._format(progress)
        former = kafka_config.read_ports(self._properties)
        if former and all(map(ports.is_free, former)):
            port, controller_port = former
        else:
            port, controller_port = ports.free(2)
            if former:
                progress(f"Kafka: port {former[0]} or {former[1]} is taken, using {port} and {controller_port}")
        kafka_config.write(self._properties, data=self._data.name, port=port, controller_port=controller_port)
        command = kafka_jvm.broker(self._properties, self._folder, self._recording, progress)
        self._recording.unlink(missing_ok=True)
        progress(f"Kafka: starting on {ports.LOOPBACK}:{port}")
        process = processes.start(command, self._console, self._folder)
        self._pid_file.write_text(f"{process.pid}\n")

    def wait_until_ready(self, progress: Callable[[str], None], seconds: float = READY_SECONDS) -> str:
        """Wait until the broker answers a client; returns its bootstrap servers.

        A port that was taken between choosing and listening is exchanged. Raises ServiceFailed when the broker has
        ended, ServiceTimeout when it does not answer in `seconds`; both quote its log.
        """
        for attempt in range(1, PORT_ATTEMPTS + 1):
            if answers("Kafka", self.bootstrap_servers, self.process, self.is_ready, seconds, self.log, self._console):
                return str(self.bootstrap_servers)
            taken = not all(map(ports.is_free, kafka_config.read_ports(self._properties) or ()))
            if not taken or attempt == PORT_ATTEMPTS:
                break
            self.launch(progress)
        raise ServiceFailed(
            f"Kafka in {self._folder} ended before it answered. {processes.tail(self.log, self._console)}"
        )

    def is_ready(self, seconds: float = 2.0) -> bool:
        """Whether the broker answers a client's metadata request as the cluster of this home."""
        servers = self.bootstrap_servers
        if servers is None or not self._data.is_dir():
            return False
        try:
            # librdkafka would report a refused connection on stderr, and then wait long before its next try.
            socket.create_connection((ports.LOOPBACK, int(servers.rsplit(":", 1)[1])), timeout=1).close()
            with AdminClient({"bootstrap.servers": servers, "log_level": 0}) as admin:
                answer = admin.list_topics(timeout=seconds)
        except (OSError, KafkaException):
            return False
        return bool(answer.brokers) and answer.cluster_id == self._cluster_id()

    def stop(self, progress: Callable[[str], None]) -> bool:
        """Stop the broker cleanly, by force after `STOP_SECONDS`; False when none ran."""
        process = self.process()
        if process is None:
            return False
        progress("Kafka: stopping" + (", writing its start-up cache" if self._is_recording(process) else ""))
        if processes.stop(process, STOP_SECONDS):
            kafka_jvm.keep_recording(self._recording)
        self._pid_file.unlink(missing_ok=True)
        return True

    def abandon(self) -> None:
        """End a broker that was just started and is not wanted after all, at once; its storage recovers by itself."""
        process = self.process()
        if process:
            processes.kill(process)
        self._recording.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    @staticmethod
    def _is_recording(process: psutil.Process) -> bool:
        try:
            return kafka_jvm.is_recording(process.cmdline())
        except psutil.NoSuchProcess:
            return False

    def _format(self, progress: Callable[[str], None]) -> None:
        """Make the log folder of a new cluster; it gets its name only when it is complete."""
        progress(f"Kafka: formatting storage in {self._data}")
        unfinished, properties = self._folder / "data.new", self._folder / "format.properties"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The ports are not stored in a log folder; the tool only wants some.
        kafka_config.write(properties, data=unfinished.name, port=1, controller_port=2)
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = kafka_jvm.storage_tool(properties, self._folder, cluster_id, progress)
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._folder)
        if done.returncode != 0:
            raise ServiceFailed(f"Kafka's storage in {self._data} could not be formatted: {done.stdout}{done.stderr}")
        properties.unlink()
        unfinished.rename(self._data)

    def _cluster_id(self) -> str:
        lines = (self._data / "meta.properties").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)["cluster.id"]

    @property
    def _folder(self) -> Path:
        return self.home / "kafka"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _pid_file(self) -> Path:
        return self._folder / "broker.pid"

    @property
    def _console(self) -> Path:
        return self._folder / "console.log"

    @property
    def _recording(self) -> Path:
        return self._folder / "startup.aot"
