"""Accounts as goAML tells them: those we keep with holders and signatories, and others by what a movement names."""

from __future__ import annotations

import re
from typing import Any

from reports.casefile import CaseFile, Row
from reports.goaml.parties import Sparse, entity, person

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
_BENEFICIARY = 50


def own_account(file: CaseFile, account_id: str) -> dict[str, Any]:
    """An account we keep. One that the pin does not describe breaks the rules for its mandatory fields."""
    account = file.accounts.get(account_id) or {"account_id": account_id}
    known = Sparse({"_label": f"account {account_id}", **account})
    holders = file.holders(known)
    main = holders[0] if holders else None
    linked = [
        {"_label": known["_label"], "role": link["role"], "party": person(file.parties[link["party_id"]])}
        for link in known["parties"] or []
        if link["party_id"] in file.parties and file.parties[link["party_id"]]["party_type"] == "natural_person"
    ]
    for place, link in enumerate(linked):
        link["primary"] = place == 0 or None
    company = main if main is not None and main["party_type"] == "legal_entity" else None
    number = str(known["account_number"] or known["account_id"]).replace(" ", "")
    kind = known["account_type"] or "unspecified"
    behind = ", ".join(_behind(file, known, holders))
    return Sparse(
        {
            **known,
            "number": number,
            "account_title": known["account_name"] or "not recorded",
            "iban": number if _IBAN.fullmatch(number) else None,
            "institution": file.entity["name"],
            "institution_code": file.entity["rssd"],
            "institution_country": file.entity["address_country"],
            "client_number": main["party_id"] if main else None,
            "personal_type": None if company else kind,
            "business_type": kind if company else None,
            "entity": entity(file, company) if company else None,
            "joint_entities": [
                {"_label": holder["_label"], "party": entity(file, holder)}
                for holder in holders[1:]
                if holder["party_type"] == "legal_entity"
            ],
            "sole_signatory": linked[0] if len(linked) == 1 else None,
            "related": linked if len(linked) > 1 else [],
            "balance_date": file.case["activity_to"] if known["balance_at_end"] is not None else None,
            "beneficiary": behind if len(behind) <= _BENEFICIARY else "named in the comment",
            "beneficiaries": behind if len(behind) > _BENEFICIARY else None,
            "suspected": any(holder["is_subject"] for holder in holders),
        }
    )


def _behind(file: CaseFile, account: Row, holders: list[Row]) -> list[str]:
    """Names of the beneficial owners, or of the holders where nobody else is on file."""
    owners = [
        str(file.parties[link["party_id"]]["name"])
        for link in account["parties"] or []
        if link["role"] == "beneficial_owner" and link["party_id"] in file.parties
    ]
    return owners or [str(holder["name"]) for holder in holders]


def named_account(row: Row, role: str) -> dict[str, Any]:
    """The account at another bank that a movement names for its ``debtor`` or ``creditor``."""
    agent, name = row[f"{role}_agent"], row[f"{role}_name"]
    number = str(row[f"{role}_account_id"]).replace(" ", "")
    bic = bool(_BIC.fullmatch(agent or ""))
    return Sparse(
        _label=row["_label"],
        number=number,
        iban=number if _IBAN.fullmatch(number) else None,
        institution=agent or "not recorded",
        institution_code=None if bic else agent or "not recorded",
        swift=agent if bic else None,
        account_name=name,
        account_title=name or "not recorded",
    )


def country_of(agent: str | None) -> str | None:
    """The country of a bank, which its BIC tells."""
    found = _BIC.fullmatch(agent or "")
    return found[1] if found else None
