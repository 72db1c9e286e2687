"""A movement as a goAML transaction: between two sides, or among several parties where two sides cannot hold them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.goaml.sides import account_side, cash_sides, conductor, counterparty
from reports.profile import Profile


def transaction(file: CaseFile, profile: Profile, row: Row) -> dict[str, Any]:
    """The record of one movement; ``parties`` is empty where it is told between two sides."""
    inward = row["direction"] == "credit"
    own = account_side(file, row["account_id"])
    others = cash_sides(file, row) if row["method"] == "cash" else [counterparty(file, row)]
    own |= {"foreign": _foreign(file, row, row["settled_currency"], row["settled_amount"]), "funds": "account"}
    for other in others:
        other |= {"foreign": _foreign(file, row, row["instructed_currency"], row["instructed_amount"])}
        other |= {"funds": row["method"]}
    payers, payees = (others, [own]) if inward else ([own], others)
    hand = conductor(file, row, profile.template["client_needs"])
    several = len(others) > 1 or not _conducted(hand, payers[0], payees[0])
    payer, payee = payers[0], payees[0]
    place = ", ".join(part for part in (row["branch_id"], row["place_town"], row["place_country"]) if part)
    words = " ".join(part for part in (row["method"], row["channel"]) if part).replace("_", " ")
    return {
        "_label": row["_label"],
        "number": row["transaction_id"],
        "reference": row["end_to_end_id"],
        "location": place or row["channel"] or "not recorded",
        "description": _description(row, words),
        "at": file.local(row["booked_at"]),
        "value_date": row["value_date"],
        "channel": row["channel"] or "none",
        "mode": words,
        "amount": row["base_amount"],
        "from_client": None if several or not payer["client"] else payer,
        "from_other": None if several or payer["client"] else payer,
        "to_client": None if several or not payee["client"] else payee,
        "to_other": None if several or payee["client"] else payee,
        "parties": _involved(payers, payees, hand) if several else [],
        "goods": [_goods(row)] if row["purpose"] in profile.codes["goods"] else [],
    }


def _conducted(hand: dict[str, Any] | None, payer: dict[str, Any], payee: dict[str, Any]) -> bool:
    """Put the conductor on the paying side, where goAML has a place for one; False where it has none for this one.

    Beside a client it takes a person of whom the bank knows as much as of a client. For another, the payer is told
    without the elements for clients, unless that would leave no client in the transaction.
    """
    if hand is None:
        return True
    if hand["person"] is None or (payer["client"] and not hand["complete"] and not payee["client"]):
        return False
    payer["conductor"] = hand["person"]
    payer["client"] = payer["client"] and hand["complete"]
    return True


def _involved(
    payers: list[dict[str, Any]], payees: list[dict[str, Any]], hand: dict[str, Any] | None
) -> list[dict[str, Any]]:
    told = [("payer", each) for each in payers] + [("payee", each) for each in payees]
    if hand is not None:
        told.append(("conductor", {**hand, "foreign": None, "funds": None}))
    return [involved(role, each) for role, each in told]


def involved(role: str, each: dict[str, Any]) -> dict[str, Any]:
    """A side as one of several parties, under the one of six names that says what it is."""
    kinds = ("person", "account", "entity")
    return {
        **each,
        **{kind: None if each["client"] else each[kind] for kind in kinds},
        **{f"{kind}_client": each[kind] if each["client"] else None for kind in kinds},
        "role": role,
        "remarks": role.replace("_", " "),
    }


def _description(row: Row, words: str) -> str:
    said = f": {row['remittance_information']}" if row["remittance_information"] else ""
    by = f", conducted by {row['conductor_name']}" if row["conductor_name"] else ""
    return f"{words.capitalize()} {row['direction']}{by}{said}"


def _foreign(file: CaseFile, row: Row, currency: str, amount: Decimal) -> dict[str, Any] | None:
    if currency == file.entity["currency_code_local"]:
        return None
    rate = row["base_amount"] / amount if row["base_amount"] is not None and amount else None
    return {"_label": row["_label"], "currency": currency, "amount": amount, "rate": rate}


def _goods(row: Row) -> dict[str, Any]:
    """What was paid for, as the purpose code tells it."""
    return {
        "_label": row["_label"],
        "purpose": row["purpose"],
        "words": f"Purpose {row['purpose']}"
        + (f": {row['remittance_information']}" if row["remittance_information"] else ""),
        "from": row["creditor_name"],
        "to": row["debtor_name"],
        "value": row["instructed_amount"],
        "currency": row["instructed_currency"],
    }
