"""An officer's act on a case as an event of the decisions topic."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

TOPIC = "compliance.decisions"


def decision(
    case_id: str, act: str, officer_id: str, officer_role: str, decided_at: datetime, **more: Any
) -> dict[str, Any]:
    """The event of one act; ``more`` holds the contract's other fields (disposition, reason, narrative,
    assigned_to, transactions …).

    The identifier is a digest of who did what to which case when, so that sending the same act again is seen as a
    repetition.
    """
    told = "|".join((case_id, act, officer_id, decided_at.isoformat()))
    return {
        "decision_id": "D-" + hashlib.sha256(told.encode()).hexdigest()[:20],
        "case_id": case_id,
        "act": act,
        "officer_id": officer_id,
        "officer_role": officer_role,
        "decided_at": decided_at,
        **more,
    }
