"""A case file as FinCEN's SAR batch tells it: parties by their role, the activity, the narrative in parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.fincen_parties import address, filer, full_name, paper, taxpayer
from reports.profile import Profile
from reports.text import one_line, parts

PART = 4000
# So many internet addresses a report has room for (XML schema SARX 1.2, ActivityIPAddress).
ADDRESSES = 99


def records(file: CaseFile, profile: Profile, filing_ref: str, narrative: str) -> Mapping[str, Any]:
    """The records that a FinCEN SAR template prints; see ``template.yml`` for their names."""
    entity = filer(file.entity)
    subjects = [_subject(file, party) for party in file.subjects]
    branches = _branches(file)
    corrected = file.corrected(profile.name)
    prior = corrected or file.prior(profile.name)
    since = [] if corrected else _since(file, prior)
    days = sorted(file.local(row["booked_at"]).date() for row in since)
    return {
        "_label": f"filing {filing_ref}",
        "ref": filing_ref,
        "filed_on": file.approved_on,
        "entity": entity,
        "contact_name": full_name(entity),
        "branches": {"each": branches} if branches else None,
        "no_branch": not branches,
        "subjects": subjects,
        "subject_count": str(len(subjects)),
        "prior_number": prior["regulator_reference"] if prior else None,
        "initial": prior is None,
        "continuing": bool(since),
        "amending": prior is not None and not since,
        "joint": bool(file.case["joint_filers"]),
        "amount": _sum(since) if since else file.case["amount"],
        "cumulative_amount": file.case["amount"] if since else None,
        "activity_from": days[0] if since else file.case["activity_from"],
        "activity_to": days[-1] if since else file.case["activity_to"],
        "classifications": _classifications(file, profile.codes["activity"]),
        "ip_addresses": _ip_addresses(since or file.transactions),
        "instruments": _instruments(file, profile.codes["asset"]),
        "narrative": narrative_parts(narrative),
    }


def _since(file: CaseFile, prior: Row | None) -> list[Row]:
    """The movements by which the case continues ``prior``; none if nothing moved after what that told.

    FinCEN's instructions, item 1: a report continues another when the activity went on. Whatever else is told otherwise
    amends it.
    """
    if prior is None:
        return []
    told = file.known_then.get(prior["filing_ref"], frozenset())
    new = [row for row in file.transactions if row["transaction_id"] not in told]
    last = max((row["booked_at"] for row in file.transactions if row["transaction_id"] in told), default=datetime.min)
    return new if any(row["booked_at"] > last for row in new) else []


def _sum(rows: Sequence[Row]) -> Decimal:
    return sum((row["base_amount"] or Decimal(0) for row in rows), Decimal(0))


def narrative_parts(narrative: str) -> list[dict[str, str]]:
    """The narrative in numbered parts, on one line: FinCEN refuses line breaks in an element's value."""
    return [{"number": str(n), "text": part} for n, part in enumerate(parts(one_line(narrative), PART), 1)]


def _traits(file: CaseFile) -> list[str]:
    """What the kinds of activity follow from: the scenarios that fired, and what the movements show."""
    found = {str(alert["scenario_id"]) for alert in file.alerts}
    if len(_branches(file)) > 1:
        found.add("several_branches")
    if _third_parties(file):
        found.add("third_party_conductors")
    return sorted(found)


def _classifications(file: CaseFile, codes: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a kind of activity; FinCEN takes none twice."""
    found: dict[str, dict[str, Any]] = {}
    for trait in _traits(file):
        subtype, kind = codes.get(trait, codes["*"]).split("/")
        other = trait.replace("_", " ") if trait not in codes else None
        found.setdefault(subtype, {"subtype": subtype, "type": kind, "other": other})
    return [found[subtype] for subtype in sorted(found, key=int)]


def _instruments(file: CaseFile, codes: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a means by which the money moved; cash told apart by whether it was the local currency."""
    local = file.entity["currency_code_local"]
    methods = {
        "foreign_cash" if row["method"] == "cash" and row["instructed_currency"] != local else str(row["method"])
        for row in file.transactions
    }
    pairs = {tuple(codes.get(method, codes["*"]).split("/")) for method in methods}
    return [{"asset": asset, "asset_type": kind} for asset, kind in sorted(pairs, key=lambda pair: int(pair[0]))]


def _ip_addresses(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The internet addresses of the sessions, each with when it was seen first, in that order; no more than fit."""
    first: dict[str, datetime] = {}
    for row in rows:
        if row["ip_address"]:
            known = first.get(row["ip_address"], row["booked_at"])
            first[row["ip_address"]] = min(known, row["booked_at"])
    seen = sorted(first.items(), key=lambda item: (item[1], item[0]))
    # FinCEN asks for the time in UTC, and so the day is that of UTC, too.
    return [{"_label": f"address {ip}", "ip": ip, "at": at} for ip, at in seen[:ADDRESSES]]


def _third_parties(file: CaseFile) -> bool:
    for row in file.transactions:
        account = file.accounts.get(row["account_id"])
        holders = {party["party_id"] for party in file.holders(account)} if account else set()
        if row["conductor_party_id"] and row["conductor_party_id"] not in holders:
            return True
    return False


def _branches(file: CaseFile) -> list[dict[str, Any]]:
    found = {
        (row["branch_id"], row["place_town"], row["place_country"]): row
        for row in file.transactions
        if row["branch_id"] and row["channel"] in ("branch", "atm")
    }
    return [
        {"_label": f"branch {branch}", "town": town, "country": country}
        for branch, town, country in sorted(found, key=lambda place: tuple(part or "" for part in place))
    ]


def _subject(file: CaseFile, party: Row) -> dict[str, Any]:
    natural = party["party_type"] == "natural_person"
    accounts = [
        {"_label": account["_label"], "number": account["account_number"] or account["account_id"],
         "closed": account["status"] == "closed"}
        for account in file.accounts.values()
        if any(link["party_id"] == party["party_id"] for link in account["parties"] or [])
    ]  # fmt: skip
    papers = [paper(party, held) for held in party["identifications"] or []]
    return {
        **party,
        "is_entity": not natural,
        "unknown_birth": natural and party["birth_date"] is None,
        "birth_date": party["birth_date"] if natural else None,
        "female": natural and party["gender"] == "F",
        "male": natural and party["gender"] == "M",
        "unknown_gender": natural and party["gender"] not in ("F", "M"),
        "no_account": not accounts,
        "holding": {"tin": file.entity["tin"], "accounts": accounts} if accounts else None,
        "surname": party["last_name"] if natural else party["name"],
        "given_name": party["first_name"] if natural else None,
        "unknown_surname": natural and not party["last_name"],
        "unknown_given_name": natural and not party["first_name"],
        "address": address(party["_label"], (party["addresses"] or [None])[0]),
        "phones": [phone for phone in party["phones"] or [] if re.search(r"\d", phone["number"] or "")],
        "taxpayer": taxpayer(party, natural=natural),
        "papers": papers,
        "mail": {"address": party["email"]} if party["email"] else None,
        "no_papers": {} if natural and not papers else None,
        "industry_code": None if natural else party["industry_code"],
        "relation": {
            "customer": party["is_customer"],
            "none": not party["is_customer"],
            "continues": party["is_customer"] and party["status"] == "active",
            "tin": file.entity["tin"],
        },
    }
