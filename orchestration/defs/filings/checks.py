"""The filings' gate: every approved case has its filing, whole and accepted."""

from __future__ import annotations

from typing import Any

from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.gates import gate_checks
from reports.errors import IncidentError
from reports.outbox import Filing, check_digests, list_filings


def _outbox() -> dict[str, Any]:
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
            for filing in list_filings(Settings().home)
        ]
    }


def _intact(filing: Filing) -> bool:
    try:
        check_digests(filing)
    except IncidentError:
        return False
    return True


filings_gate = gate_checks("filings", lambda context: pins.pin_of_run(context, pins.FILING), _outbox)
