"""A rewind in a process of its own, for tests that kill it: at a step it says so and waits."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from contracts import Contract
from lakehouse.settings import Settings
from sinks import Event, SinkConfig
from sinks.rewind import rewind
from sinks.rewind_plan import Wanted


def main(order: dict[str, Any]) -> None:
    """Rewind partition 0 of the topic; at the given step print ``struck`` and wait to be killed."""
    contract = Contract.model_validate(order["contract"])

    def observe(event: Event) -> None:
        if event.step == order["step"]:
            print(json.dumps({"step": "struck", "commit_id": event.commit_id}), flush=True)
            threading.Event().wait()

    rewind(
        SinkConfig.model_validate(order["config"]),
        Settings.model_validate(order["settings"]),
        Wanted(contract.topic, 0, order["first"], order["next"]),
        by="O1",
        why="a test",
        observe=observe,
        contracts={contract.topic: contract},
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
