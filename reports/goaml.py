"""A case file as goAML tells it: bi-party transactions between accounts, persons and entities, ours or others'."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.profile import Profile

# What t_conductor_my_client demands; a conductor of whom we know less is reported as t_conductor, beside t_from.
_CLIENT_NEEDS = ("first_name", "last_name", "birth_date", "tax_id", "nationality", "residence_country", "occupation")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
# ITU E.164: country codes are free of prefixes; those not listed here have three digits.
_SHORT_PREFIXES = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")


class Sparse(dict[str, Any]):
    """A record of which only some columns are known; the others read as null."""

    def __missing__(self, key: str) -> None:
        return None


def records(file: CaseFile, profile: Profile, filing_ref: str, narrative: str) -> Mapping[str, Any]:  # noqa: ARG001
    """The records that a goAML template prints; see ``template.yml`` for their names."""
    return {
        "_label": f"filing {filing_ref}",
        "ref": filing_ref,
        "entity": {**file.entity, **_address_and_phone(file.entity)},
        "filed_at": file.local(file.case["approved_at"]),
        "narrative": narrative,
        "action": (
            f"Investigated by {file.case['disposed_by_name'] or file.case['disposed_by']}, "
            f"approved for filing by {file.case['approved_by_name'] or file.case['approved_by']}. "
            f"{file.case['decision_reason'] or ''}"
        ).strip(),
        "transactions": [_transaction(file, row) for row in reported(file)],
    }


def reported(file: CaseFile) -> list[Row]:
    """The movements that become transactions: of the two that a transfer inside the bank makes, the debit.

    An end-to-end id alone names no transfer, since some banks fill it with a placeholder: a credit is left out only for
    a debit between the same two accounts, and each debit stands for one credit.
    """
    told = Counter(
        (row["end_to_end_id"], row["account_id"], row["creditor_account_id"])
        for row in file.transactions
        if row["direction"] == "debit" and row["method"] != "cash"
    )
    found = []
    for row in file.transactions:
        transfer = (row["end_to_end_id"], row["debtor_account_id"], row["account_id"])
        if row["direction"] == "credit" and row["method"] != "cash" and told[transfer]:
            told[transfer] -= 1
        else:
            found.append(row)
    return found


def _transaction(file: CaseFile, row: Row) -> dict[str, Any]:
    inward = row["direction"] == "credit"
    own = _account_side(file, file.accounts.get(row["account_id"]) or {"account_id": row["account_id"]})
    other = _cash_side(file, row) if row["method"] == "cash" else _counterparty(file, row)
    own["foreign"] = _foreign(file, row, row["settled_currency"], row["settled_amount"])
    other["foreign"] = _foreign(file, row, row["instructed_currency"], row["instructed_amount"])
    own["funds"], other["funds"] = "account", row["method"]
    payer, payee = (other, own) if inward else (own, other)
    _conduct(file, row, payer, payee)
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
        "from_client": payer if payer["client"] else None,
        "from_other": None if payer["client"] else payer,
        "to_client": payee if payee["client"] else None,
        "to_other": None if payee["client"] else payee,
    }


def _description(row: Row, words: str) -> str:
    said = f": {row['remittance_information']}" if row["remittance_information"] else ""
    by = f", conducted by {row['conductor_name']}" if row["conductor_name"] else ""
    return f"{words.capitalize()} {row['direction']}{by}{said}"


def _side(label: str, *, client: bool, country: str | None, suspected: bool = False, **who: Any) -> dict[str, Any]:
    return {
        "_label": label,
        "client": client,
        "country": country or "unknown",
        "suspected": suspected or None,
        "conductor": None,
        "account": None,
        "person": None,
        "entity": None,
        **who,
    }


def _account_side(file: CaseFile, account: Row) -> dict[str, Any]:
    """The side of an account we keep. One that the pin does not describe breaks the rules for its mandatory fields."""
    known = Sparse({"_label": f"account {account['account_id']}", **account})
    holders = file.holders(known)
    main = holders[0] if holders else None
    linked = [
        {"_label": known["_label"], "role": link["role"], "party": _person(file.parties[link["party_id"]])}
        for link in known["parties"] or []
        if link["party_id"] in file.parties and file.parties[link["party_id"]]["party_type"] == "natural_person"
    ]
    for place, link in enumerate(linked):
        link["primary"] = place == 0 or None
    company = main is not None and main["party_type"] == "legal_entity"
    number = str(known["account_number"] or known["account_id"]).replace(" ", "")
    filled = Sparse(
        {
            **known,
            "number": number,
            "iban": number if _IBAN.fullmatch(number) else None,
            "institution": file.entity["name"],
            "institution_code": file.entity["rssd"],
            "institution_country": file.entity["address_country"],
            "client_number": main["party_id"] if main else None,
            "personal_type": None if company else known["account_type"] or "unspecified",
            "business_type": (known["account_type"] or "unspecified") if company else None,
            "entity": _entity(file, main) if company and main else None,
            "sole_signatory": linked[0] if len(linked) == 1 else None,
            "related": linked if len(linked) > 1 else [],
            "balance_date": file.case["activity_to"] if known["balance_at_end"] is not None else None,
        }
    )
    suspected = any(holder["is_subject"] for holder in holders)
    return _side(
        known["_label"], client=True, country=file.entity["address_country"], suspected=suspected, account=filled
    )


def _party_side(file: CaseFile, party: Row, country: str | None) -> dict[str, Any]:
    natural = party["party_type"] == "natural_person"
    return _side(
        party["_label"],
        client=bool(party["is_customer"]),
        country=country or party["residence_country"],
        suspected=bool(party["is_subject"]),
        person=_person(party) if natural else None,
        entity=None if natural else _entity(file, party),
    )


def _cash_side(file: CaseFile, row: Row) -> dict[str, Any]:
    """Whose cash it is: the holder's, or that of the named debtor or creditor."""
    role = "debtor" if row["direction"] == "credit" else "creditor"
    party = file.parties.get(row[f"{role}_party_id"])
    account = file.accounts.get(row["account_id"])
    holders = file.holders(account) if account else []
    if party is None and holders:
        party = holders[0]
    if party is not None:
        return _party_side(file, party, row["place_country"])
    return _named_side(row, row[f"{role}_name"] or row["conductor_name"], row["place_country"])


def _counterparty(file: CaseFile, row: Row) -> dict[str, Any]:
    role = "debtor" if row["direction"] == "credit" else "creditor"
    account_id, agent = row[f"{role}_account_id"], row[f"{role}_agent"]
    country = row[f"{role}_country"] or ((found := _BIC.fullmatch(agent or "")) and found[1])
    if account_id in file.accounts:
        return _account_side(file, file.accounts[account_id])
    if account_id:
        number = account_id.replace(" ", "")
        bic = bool(_BIC.fullmatch(agent or ""))
        account = Sparse(
            number=number,
            iban=number if _IBAN.fullmatch(number) else None,
            institution=agent or "not recorded",
            institution_code=None if bic else agent or "not recorded",
            swift=agent if bic else None,
            account_name=row[f"{role}_name"],
        )
        return _side(row["_label"], client=False, country=country, account=account)
    if (party := file.parties.get(row[f"{role}_party_id"])) is not None:
        return _party_side(file, party, country)
    return _named_side(row, row[f"{role}_name"], country)


def _named_side(row: Row, name: str | None, country: str | None) -> dict[str, Any]:
    """Somebody of whom the movement tells the name at most: an entity, for which goAML asks the name alone."""
    return _side(row["_label"], client=False, country=country, entity=Sparse(name=name or "not recorded"))


def _conduct(file: CaseFile, row: Row, payer: dict[str, Any], payee: dict[str, Any]) -> None:
    """Add who stood at the counter, where that is not the holder himself; goAML has conductors on the paying side."""
    party = file.parties.get(row["conductor_party_id"])
    if party is None and not row["conductor_name"]:
        return
    account = file.accounts.get(row["account_id"])
    if party is not None and account and party["party_id"] in {holder["party_id"] for holder in file.holders(account)}:
        return
    if party is None:
        first, _, last = str(row["conductor_name"]).strip().rpartition(" ")
        payer["conductor"] = Sparse(_label=row["_label"], first_name=first or "-", last_name=last)
    else:
        payer["conductor"] = _person(party)
    if party is not None and all(party[need] for need in _CLIENT_NEEDS) and party["phones"]:
        return
    # The elements for clients demand of a conductor what a bank need not know of a stranger. One side must stay a
    # client's; where that is the payer, the description alone names the conductor.
    if payee["client"]:
        payer["client"] = False
    else:
        payer["conductor"] = None


def _person(party: Row) -> dict[str, Any]:
    passports = [paper for paper in party["identifications"] or [] if paper["type"] == "passport"]
    return {
        **party,
        "addresses": [_address(address) for address in party["addresses"] or []],
        "phones": [_phone(phone) for phone in party["phones"] or []],
        "passport": passports[0] if passports else None,
        "identifications": [
            {**paper, "issue_country": paper["issuing_country"] or "unknown"}
            for paper in party["identifications"] or []
        ],
        "remarks": f"party {party['party_id']}" + (", politically exposed person" if party["pep"] else ""),
    }


def _entity(file: CaseFile, party: Row) -> dict[str, Any]:
    # Those who act for a company or own it stand on the accounts that it holds.
    links = {
        link["party_id"]: link["role"]
        for account in file.accounts.values()
        if party["party_id"] in {holder["party_id"] for holder in file.holders(account)}
        for link in account["parties"]
    }
    persons = [(file.parties[party_id], role) for party_id, role in links.items() if party_id in file.parties]
    return {
        **party,
        "addresses": [_address(address) for address in party["addresses"] or []],
        "phones": [_phone(phone) for phone in party["phones"] or []],
        "business": party["industry_code"] and f"NAICS {party['industry_code']}",
        "directors": [
            {**_person(person), "role": role} for person, role in persons if person["party_type"] == "natural_person"
        ],
        "remarks": f"party {party['party_id']}" + (f", {party['legal_form']}" if party["legal_form"] else ""),
    }


def _address(address: Row) -> dict[str, Any]:
    return {**address, "remarks": address["type"]}


def _phone(phone: Row) -> dict[str, Any]:
    """A number in its country prefix and the rest; ``-`` where the prefix is not on file."""
    number = str(phone["number"] or "").strip()
    digits = re.sub(r"\D", "", number)
    if not number.startswith("+"):
        return {**phone, "prefix": "-", "rest": digits}
    prefix = short[0] if (short := _SHORT_PREFIXES.match(digits)) else digits[:3]
    return {**phone, "prefix": prefix, "rest": digits[len(prefix) :]}


def _address_and_phone(entity: Row) -> dict[str, Any]:
    address = {
        "_label": entity["_label"],
        "type": "business",
        "remarks": "business",
        **{part: entity[f"address_{part}"] for part in ("line", "town", "state", "postal_code", "country")},
    }
    phone = _phone({"type": "business", "number": entity["contact_phone"] or entity["phone"]})
    return {"address": address, "contact_phones": [phone] if phone["rest"] else []}


def _foreign(file: CaseFile, row: Row, currency: str, amount: Decimal) -> dict[str, Any] | None:
    if currency == file.entity["currency_code_local"]:
        return None
    rate = row["base_amount"] / amount if row["base_amount"] is not None and amount else None
    return {"_label": row["_label"], "currency": currency, "amount": amount, "rate": rate}
