"""A sink in a process of its own, for tests that strike it: it prints its steps, and at one of them waits or stops."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from contracts import Contract
from lakehouse.settings import Settings
from sinks import Event, SinkConfig, run


def main(order: dict[str, Any]) -> None:
    """Run until SIGTERM; at the given occurrence of the given step, print ``struck`` and act."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    contracts = [Contract.model_validate(each) for each in order["contracts"]]
    lock, seen = threading.Lock(), 0

    def observe(event: Event) -> None:
        nonlocal seen
        with lock:
            tell(event.step, event)
            if event.step != order["step"]:
                return
            seen += 1
            if seen != order["occurrence"]:
                return
            tell("struck", event)
        # Outside the lock: the other stages go on.
        if order["then"] == "SIGSTOP":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            threading.Event().wait()

    run(
        SinkConfig.model_validate(order["config"]),
        Settings.model_validate(order["settings"]),
        stop,
        observe=observe,
        contracts={contract.topic: contract for contract in contracts},
    )
    print(json.dumps({"step": "ended"}), flush=True)


def tell(step: str, event: Event) -> None:
    """Print one line about ``event``."""
    partitions = sorted(partition.number for partition in event.ranges)
    line = {"step": step, "commit_id": event.commit_id, "files": event.files, "partitions": partitions}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
