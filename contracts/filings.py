"""A step in the life of a filing as an event of the filings topic."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

TOPIC = "compliance.filings"


def step(filing_ref: str, profile: str, status: str, sha256: str, occurred_at: datetime, **more: Any) -> dict[str, Any]:
    """The event of one step; ``more`` holds the contract's other fields (case_id, business_day, officer_id, errors …).

    The identifier is a digest of the filing, the step and the file, so that a filing announced again is seen as a
    repetition; that of an officer's step is also of when, since one sent out of turn is sent again in turn.
    """
    told = [filing_ref, status, sha256]
    if status != "generated":
        told.append(occurred_at.isoformat())
    return {
        "event_id": "F-" + hashlib.sha256("|".join(told).encode()).hexdigest()[:20],
        "filing_ref": filing_ref,
        "profile": profile,
        "status": status,
        "sha256": sha256,
        "occurred_at": occurred_at,
        **more,
    }
