"""The landing gate: nothing is built on events that are late, cut short or broken."""

from __future__ import annotations

from typing import Any

import contracts
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.broker import positions
from orchestration.defs.gates import gate_checks


def _broker(_: int) -> dict[str, Any]:
    return {"broker": positions(Settings(), contracts.load())}


landing_gate = gate_checks("landing", lambda context: pins.pin_of_run(context, pins.BUILD), _broker)
