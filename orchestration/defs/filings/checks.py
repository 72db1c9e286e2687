"""The filings' gate: every approved case has its filing, whole and accepted, or somebody is told what refuses it."""

from __future__ import annotations

from typing import Any

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.filings.case_filings import approved_cases, broken
from orchestration.defs.gates import gate_checks
from reports import profile
from reports.errors import IncidentError
from reports.filing import refusal
from reports.outbox import Filing, check_digests, list_filings


def _outbox(pin: int) -> dict[str, Any]:
    """What the outbox holds, and what keeps the other cases approved at ``pin`` from being filed."""
    settings = Settings()
    held = list_filings(settings.home)
    there = {(filing.case_id, filing.profile) for filing in held}
    with connect(settings, read_only=True) as connection:
        refusals = {
            (case_id, name): refusal(connection, settings, case_id, name, pin)
            for case_id in approved_cases(connection, pin)
            for name in profile.names()
            if (case_id, name) not in there
        }
    return {
        "filings": [
            {
                "case_id": filing.case_id,
                "profile": filing.profile,
                "filing_ref": filing.filing_ref,
                "pin": filing.pin,
                "intact": _intact(filing),
                "validity": filing.validity,
            }
            for filing in held
        ],
        "refused": [
            {"case_id": case_id, "profile": name, "broken": broken(refused)}
            for (case_id, name), refused in refusals.items()
            if refused is not None
        ],
    }


def _intact(filing: Filing) -> bool:
    try:
        check_digests(filing)
    except IncidentError:
        return False
    return True


filings_gate = gate_checks("filings", lambda context: pins.pin_of_run(context, pins.FILING), _outbox)
