"""Persons and entities as goAML tells them: names, papers, addresses, telephones, who owns and who acts."""

from __future__ import annotations

import re
from typing import Any

from reports.casefile import CaseFile, Row
from reports.text import latin
from reports.words import figure, spoken

# ITU E.164: country codes are free of prefixes; those not listed here have three digits.
_SHORT_PREFIXES = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
# NAICS codes are nested: a sector has two digits, each closer kind of business one more.
_NAICS = range(6, 1, -1)


class Sparse(dict[str, Any]):
    """A record of which only some columns are known; the others read as null."""

    def __missing__(self, key: str) -> None:
        return None


def party_record(file: CaseFile, party: Row) -> dict[str, Any]:
    """The record of a person or an entity, by what the party is."""
    return person(party) if party["party_type"] == "natural_person" else entity(file, party)


def person(party: Row) -> dict[str, Any]:
    papers = [
        {
            **paper,
            # A country may have a code of its own for what it issues itself.
            "kind": (f"{paper['type']} {paper['issuing_country']}", paper["type"]),
            "issue_country": paper["issuing_country"] or "unknown",
        }
        for paper in party["identifications"] or []
    ]
    dated = [paper for paper in papers if paper["issued_on"] and paper["expires_on"]]
    undated = [f"{paper['type']} {paper['number']}".replace("_", " ") for paper in papers if paper not in dated]
    remarks = f"party {party['party_id']}" + (", politically exposed person" if party["pep"] else "")
    return {
        **party,
        **_shared(party),
        "sex": party["gender"] or "unknown",
        "passport": next((paper for paper in papers if paper["type"] == "passport"), None),
        "identifications": papers,
        "dated_identifications": dated,
        "id_number": next((paper["number"] for paper in sorted(papers, key=_standing) if paper["number"]), None),
        "exposure": {"country": party["nationality"] or party["residence_country"] or "unknown"}
        if party["pep"]
        else None,
        "remarks": remarks,
        "remarks_with_papers": "; ".join([remarks, *(f"{paper}, dates not on file" for paper in undated)]),
    }


def _standing(paper: Row) -> int:
    """National identity cards first, then passports, then the rest."""
    return {"national_id": 0, "passport": 1}.get(paper["type"], 2)


def entity(file: CaseFile, party: Row) -> dict[str, Any]:
    # Those who own or control a company stand in the register, those who act for it on the accounts that it holds; the
    # latter say more of who they are.
    interests = _interests(party)
    links = {owner: told[0]["role"] for owner, told in interests.items()} | {
        link["party_id"]: link["role"]
        for account in file.held.get(party["party_id"], [])
        for link in account["parties"] or []
    }
    persons = [(file.parties[party_id], role) for party_id, role in links.items() if party_id in file.parties]
    code = party["industry_code"]
    addresses = party["addresses"] or []
    remarks = f"party {party['party_id']}" + (f", {party['legal_form']}" if party["legal_form"] else "")
    spelt_otherwise = party["name"] and latin(party["name"]) != party["name"]
    return {
        **party,
        **_shared(party),
        "business": code and f"NAICS {code}",
        "industry": tuple(str(code)[:digits] for digits in _NAICS) if code else "unknown",
        "seat_state": (addresses[0]["state"] if addresses else None) or "-",
        "related": [
            {
                "_label": each["_label"],
                "party": _owner(each, interests.get(each["party_id"], [])),
                "role": role,
            }
            for each, role in persons
            if each["party_type"] == "natural_person"
        ],
        "remarks": remarks,
        "remarks_with_name": f"{remarks}, in the register as {party['name']}" if spelt_otherwise else remarks,
    }


def _interests(party: Row) -> dict[str, list[Row]]:
    """By owner what the owner has in the company, an interest with a share first; the role is goAML's kind of it."""
    found: dict[str, list[Row]] = {}
    # A day of cash tells no owners: nobody is suspected.
    for each in party.get("owners") or []:
        role = "management" if each["control_kind"] == "management" else "owner"
        found.setdefault(each["party_id"], []).append({**each, "role": role})
    for listed in found.values():
        listed.sort(key=lambda each: (each["role"] != "owner", each["control_kind"]))
    return found


def _owner(owner: Row, interests: list[Row]) -> Row:
    """The person's record, with the interests told in its remarks."""
    told = person(owner)
    if not interests:
        return told
    shares = {each["control_kind"]: each["share_percent"] for each in interests}
    words = ", ".join(
        spoken(kind) + (f" {figure(share)} %" if share is not None else "") for kind, share in shares.items()
    )
    return {**told, **{name: f"{told[name]}; interest: {words}" for name in ("remarks", "remarks_with_papers")}}


def _shared(party: Row) -> dict[str, Any]:
    return {
        "addresses": [address(each) for each in party["addresses"] or []],
        "phones": [phone(each) for each in party["phones"] or []],
        "exposed": bool(party["pep"]),
        "name_as_written": party["name"] if party["name"] and latin(party["name"]) != party["name"] else None,
        "relation": {"client_number": party["party_id"], "since": party["onboarded_on"]}
        if party["is_customer"] and party["onboarded_on"]
        else None,
    }


def address(place: Row) -> dict[str, Any]:
    return {**place, "state_or_dash": place["state"] or "-", "remarks": place["type"]}


def phone(line: Row) -> dict[str, Any]:
    """A number in its country prefix and the rest; ``-`` where the prefix is not on file."""
    number = str(line["number"] or "").strip()
    digits = re.sub(r"\D", "", number)
    if not number.startswith("+"):
        return {**line, "prefix": "-", "rest": digits}
    prefix = short[0] if (short := _SHORT_PREFIXES.match(digits)) else digits[:3]
    return {**line, "prefix": prefix, "rest": digits[len(prefix) :]}


def reporting_entity(row: Row) -> dict[str, Any]:
    """The bank itself, with its address and the telephone of whom the FIU may ask."""
    seat = {
        "_label": row["_label"],
        "type": "business",
        **{part: row[f"address_{part}"] for part in ("line", "town", "state", "postal_code", "country")},
    }
    line = phone({"type": "business", "number": row["contact_phone"] or row["phone"]})
    return {**row, "address": address(seat), "contact_phones": [line] if line["rest"] else []}
