"""An officer's act on an exemption from reports of cash as an event of the exemptions topic."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

TOPIC = "compliance.exemptions"


def exemption_id(party_id: str, basis: str, effective_on: date) -> str:
    """The identifier of an exemption: designated again from another day on, or as something else, it is another."""
    told = "|".join((party_id, basis, effective_on.isoformat()))
    return "E-" + hashlib.sha256(told.encode()).hexdigest()[:20]


def act(
    exemption_id: str, act: str, officer_id: str, officer_role: str, decided_at: datetime, **more: Any
) -> dict[str, Any]:
    """The event of one act; ``more`` holds the contract's other fields (party_id, basis, effective_on, reason …).

    The identifier is a digest of who did what to which exemption when, so that sending the same act again is seen as a
    repetition.
    """
    told = "|".join((exemption_id, act, officer_id, decided_at.isoformat()))
    return {
        "act_id": "X-" + hashlib.sha256(told.encode()).hexdigest()[:20],
        "exemption_id": exemption_id,
        "act": act,
        "officer_id": officer_id,
        "officer_role": officer_role,
        "decided_at": decided_at,
        **more,
    }
