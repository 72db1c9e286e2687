"""A case as an activity: who and which accounts took part, with what reason, and no transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.goaml.sides import account_side, party_side
from reports.goaml.transactions import involved
from reports.profile import Profile
from reports.words import amount, count, listed, spoken


def activity(file: CaseFile, profile: Profile) -> dict[str, Any]:
    """The parties of the case, subjects first, then its accounts."""
    weights = profile.codes["significance"]
    parties = [_party(file, party, weights) for party in file.parties.values()]
    return {"parties": parties + [_account(file, account_id, weights) for account_id in file.accounts]}


def _party(file: CaseFile, party: Row, weights: dict[str, str]) -> dict[str, Any]:
    roles = sorted(party["roles"] or [])
    told = involved("party", party_side(file, party, party["residence_country"]))
    reason = _suspicion(file) if party["is_subject"] else f"Took part as {listed([spoken(role) for role in roles])}."
    return {
        **told,
        "significance": max((int(weights.get(role, weights["*"])) for role in roles), default=int(weights["*"])),
        "reason": reason,
        "remarks": f"{party['_label']}: {listed([spoken(role) for role in roles])}",
    }


def _account(file: CaseFile, account_id: str, weights: dict[str, str]) -> dict[str, Any]:
    rows = [row for row in file.transactions if row["account_id"] == account_id]
    moved = sum((row["base_amount"] for row in rows if row["base_amount"] is not None), Decimal(0))
    ran = f", {amount(moved, file.case['base_currency'] or '')} in all" if rows else ""
    return {
        **involved("account", account_side(file, account_id)),
        "significance": int(weights["account"]),
        "reason": f"The activity ran through this account with {count(len(rows), 'movement')}{ran}.",
        "remarks": f"account {account_id}",
    }


def _suspicion(file: CaseFile) -> str:
    """Why the subject is reported: what the scenarios saw, each once, by its last alert."""
    last = {alert["scenario_id"]: alert for alert in sorted(file.alerts, key=lambda alert: alert["detected_at"])}
    said = [f"{alert['scenario_name'] or scenario}: {alert['reason']}" for scenario, alert in last.items()]
    return "; ".join(said) or str(file.case["decision_reason"] or "Subject of the case.")
