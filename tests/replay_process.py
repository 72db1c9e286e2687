"""A replay of dead letters in a process of its own, for tests that kill it: at a step it says so and waits."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from contracts import Contract
from lakehouse.settings import Settings
from sinks import Event
from sinks.dead_letter_replay import replay
from sinks.dead_letters import Selection


def main(order: dict[str, Any]) -> None:
    """Replay all letters of the topic; at the given step print ``struck`` and wait to be killed."""
    contract = Contract.model_validate(order["contract"])

    def observe(event: Event) -> None:
        if event.step == order["step"]:
            print(json.dumps({"step": "struck", "commit_id": event.commit_id}), flush=True)
            threading.Event().wait()

    replay(
        Settings.model_validate(order["settings"]),
        Selection(topic=contract.topic),
        observe=observe,
        contracts={contract.topic: contract},
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
