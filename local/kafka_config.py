"""The broker's `server.properties`: written anew at each start, because a taken port is exchanged for a free one."""

from pathlib import Path

from local.ports import LOOPBACK

NODE_ID = 1


def write(path: Path, *, data: str, port: int, controller_port: int) -> None:
    """Write the configuration of a single node that listens on the loopback interface only.

    The voters stand in the configuration (a static quorum), so that the controller's port may change too.
    `data` is the log folder relative to the broker's working folder: no path to quote, and the home can be moved.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": NODE_ID,
        "controller.quorum.voters": f"{NODE_ID}@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": data,
        # A misspelt topic is an error, not a new topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        # Retention goes by the events' own times: replayed and simulated history would be deleted half a minute later.
        "log.retention.ms": -1,
        # A killed broker may register again only when its old session has ended: sooner than after the usual nine
        # seconds, yet late enough for a busy machine.
        "broker.session.timeout.ms": 6000,
        "broker.heartbeat.interval.ms": 500,
        # Consumer groups of one machine are complete at once; waiting for more members only delays the sink.
        "group.initial.rebalance.delay.ms": 0,
    }
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


def read_ports(path: Path) -> tuple[int, int] | None:
    """Port and controller port that `path` names, or None when there is no such file yet."""
    if not path.is_file():
        return None
    settings = dict(line.split("=", 1) for line in path.read_text().splitlines())
    client, controller = settings["listeners"].split(",")
    return int(client.rsplit(":", 1)[1]), int(controller.rsplit(":", 1)[1])
