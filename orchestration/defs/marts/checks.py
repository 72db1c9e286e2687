"""The gates behind the build: marts before rpt_, rpt_ before filings. dbt's own tests guard keys and arithmetic."""

from __future__ import annotations

from orchestration import pins
from orchestration.defs.gates import gate_checks

marts_gate = gate_checks("marts", lambda context: pins.pin_of_run(context, pins.MARTS))
# The last gate of a build: once it is open, filings may read what the build made.
rpt_gate = gate_checks("rpt", lambda context: pins.pin_of_run(context, pins.FILING), opened=pins.record)
