"""Three Apache Kafka nodes (KRaft, each broker and controller) on one machine, any of which can be killed and started.

Topics are kept three times and a message is acknowledged when two nodes have it, so that one node may be away.
"""

from __future__ import annotations

import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local import kafka_jvm, ports, processes

NODES = (1, 2, 3)
POLL_SECONDS = 0.1

Progress = Callable[[str], None]


class Cluster:
    """The cluster whose state is in ``folder``. Every method may be called from any thread, one node by one thread."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder = folder
        self._progress = progress
        self._processes: dict[int, psutil.Process] = {}
        free = ports.free(2 * len(NODES))
        self._ports = dict(zip(NODES, free[: len(NODES)], strict=True))
        self._controllers = dict(zip(NODES, free[len(NODES) :], strict=True))

    @property
    def bootstrap_servers(self) -> str:
        """All three nodes."""
        return ",".join(f"{ports.LOOPBACK}:{port}" for port in self._ports.values())

    def start(self, seconds: float) -> None:
        """Format the storage of all nodes, start them, and wait until each knows all.

        Raises:
            RuntimeError: formatting failed.
            TimeoutError: they did not find each other in time.
        """
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        formatting = []
        for node in NODES:
            self._home(node).mkdir(parents=True)
            self._properties(node).write_text("".join(f"{k}={v}\n" for k, v in self._settings(node).items()))
            command = kafka_jvm.storage_tool(self._properties(node), self._home(node), cluster_id, self._progress)
            with (self._home(node) / "format.log").open("wb") as log:
                formatting.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self._home(node)))
        if sum(each.wait() for each in formatting):
            raise RuntimeError(f"the storage could not be formatted: see format.log in the folders of {self._folder}")
        for node in NODES:
            self.launch(node)
        self.wait_until_whole(seconds)

    def launch(self, node: int) -> None:
        """Start a node that does not run, without waiting for it."""
        home = self._home(node)
        command = kafka_jvm.broker(self._properties(node), home, home / "startup.aot", self._progress)
        self._processes[node] = processes.start(command, home / "console.log", home)

    def kill(self, node: int) -> int:
        """End a node at once (SIGKILL); returns the id of the process that it was."""
        process = self._processes[node]
        if not processes.is_alive(process):
            raise RuntimeError(f"Kafka node {node} ended by itself: see {self._home(node)}")
        processes.kill(process)
        return process.pid

    def wait_until_whole(self, seconds: float) -> None:
        """Wait until all nodes answer, and each partition is on all of them.

        Raises:
            TimeoutError: it was not so in time.
        """
        deadline = time.monotonic() + seconds
        # librdkafka would report each refused connection on stderr.
        with AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0}) as admin:
            while not self._is_whole(admin):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Kafka was not whole again within {seconds:.0f} s: see {self._folder}")
                time.sleep(POLL_SECONDS)

    def end(self) -> None:
        """Kill whatever runs; what it held is of no use any more."""
        for process in self._processes.values():
            processes.kill(process)

    @staticmethod
    def _is_whole(admin: AdminClient) -> bool:
        try:
            answer = admin.list_topics(timeout=5)
        except KafkaException:
            return False
        partitions = [each for topic in answer.topics.values() for each in topic.partitions.values()]
        return len(answer.brokers) == len(NODES) and all(len(each.isrs) == len(NODES) for each in partitions)

    def _home(self, node: int) -> Path:
        return self._folder / f"node-{node}"

    def _properties(self, node: int) -> Path:
        return self._home(node) / "server.properties"

    def _settings(self, node: int) -> dict[str, object]:
        client, controller = self._ports[node], self._controllers[node]
        voters = ",".join(f"{each}@{ports.LOOPBACK}:{port}" for each, port in self._controllers.items())
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://{ports.LOOPBACK}:{client},CONTROLLER://{ports.LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{ports.LOOPBACK}:{client}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": 3,
            "min.insync.replicas": 2,
            "unclean.leader.election.enable": "false",
            "offsets.topic.replication.factor": 3,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": 3,
            "transaction.state.log.min.isr": 2,
            "transaction.state.log.num.partitions": 3,
            "log.retention.ms": -1,
            # A node that was killed is missed soon, and may come back soon.
            "broker.session.timeout.ms": 6000,
            "broker.heartbeat.interval.ms": 500,
            "replica.lag.time.max.ms": 6000,
            "controller.quorum.election.timeout.ms": 1500,
            "controller.quorum.fetch.timeout.ms": 3000,
            "group.initial.rebalance.delay.ms": 0,
            # Sinks that were killed or frozen are missed soon too.
            "group.min.session.timeout.ms": 1000,
        }
