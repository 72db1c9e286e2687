"""The filings' gate: whatever is due has its filing, whole and accepted, or somebody is told what refuses it."""

from __future__ import annotations

from typing import Any

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.filings.due import broken, due, outdated
from orchestration.defs.gates import gate_checks
from reports import profile
from reports.errors import IncidentError
from reports.filing import refusal
from reports.outbox import Filing, check_digests, list_filings


def _outbox(pin: int) -> dict[str, Any]:
    """What the outbox holds, what is due at ``pin``, and what keeps the rest of it from being filed."""
    settings = Settings()
    held = list_filings(settings.home)
    there = {(filing.about, filing.profile) for filing in held}
    with connect(settings, read_only=True) as connection:
        wanted = [(about, name) for name in profile.names() for about in due(connection, settings, name, pin)]
        refusals = {
            (about, name): refusal(connection, settings, about, name, pin)
            for about, name in wanted
            if (about, name) not in there
        }
        now = outdated(connection, held, pin)
    return {
        "filings": [
            {
                "about": str(filing.about),
                "profile": filing.profile,
                "filing_ref": filing.filing_ref,
                "pin": filing.pin,
                "intact": _intact(filing),
                "validity": filing.validity,
                "now": now.get(filing.filing_ref),
            }
            for filing in held
        ],
        "due": [{"about": str(about), "profile": name} for about, name in wanted],
        "refused": [
            {"about": str(about), "profile": name, "broken": broken(refused)}
            for (about, name), refused in refusals.items()
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
