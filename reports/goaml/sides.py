"""The sides of a movement: whose money, and who stood at the counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.casefile import CaseFile, Row
from reports.goaml.accounts import country_of, named_account, own_account
from reports.goaml.parties import Sparse, party_record


def side(label: str, *, client: bool, country: str | None, suspected: bool = False, **who: Any) -> dict[str, Any]:
    """One side: ``client`` says whether it is told with the elements for the bank's own clients."""
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


def account_side(file: CaseFile, account_id: str) -> dict[str, Any]:
    account = own_account(file, account_id)
    country = file.entity["address_country"]
    return side(account["_label"], client=True, country=country, suspected=account["suspected"], account=account)


def party_side(file: CaseFile, party: Row, country: str | None) -> dict[str, Any]:
    """A party; a customer company beside the case, of whom it has nobody who acts, is told as anybody's."""
    record = party_record(file, party)
    natural = party["party_type"] == "natural_person"
    return side(
        party["_label"],
        client=bool(party["is_customer"] and (natural or party["is_subject"] or record["related"])),
        country=country or party["residence_country"],
        suspected=bool(party["is_subject"]),
        **{"person" if natural else "entity": record},
    )


def cash_sides(file: CaseFile, row: Row) -> list[dict[str, Any]]:
    """Whose cash it is: the named debtor's or creditor's, else the holder's at the counter, else all holders'."""
    role = "debtor" if row["direction"] == "credit" else "creditor"
    account = file.accounts.get(row["account_id"])
    holders = file.holders(account) if account else []
    named = file.parties.get(row[f"{role}_party_id"])
    at_counter = [holder for holder in holders if holder["party_id"] == row["conductor_party_id"]]
    parties = [named] if named is not None else at_counter or holders
    if parties:
        return [party_side(file, party, row["place_country"]) for party in parties]
    return [named_side(row, row[f"{role}_name"] or row["conductor_name"], row["place_country"])]


def counterparty(file: CaseFile, row: Row) -> dict[str, Any]:
    """The other side of what is not cash: its account if the movement names one, else the party, else its name."""
    role = "debtor" if row["direction"] == "credit" else "creditor"
    account_id = row[f"{role}_account_id"]
    country = row[f"{role}_country"] or country_of(row[f"{role}_agent"])
    if account_id in file.accounts:
        return account_side(file, account_id)
    if account_id:
        return side(row["_label"], client=False, country=country, account=named_account(row, role))
    if (party := file.parties.get(row[f"{role}_party_id"])) is not None:
        return party_side(file, party, country)
    return named_side(row, row[f"{role}_name"], country)


def named_side(row: Row, name: str | None, country: str | None) -> dict[str, Any]:
    """Somebody of whom the movement tells the name at most: an entity, for which goAML asks the name alone."""
    return side(row["_label"], client=False, country=country, entity=Sparse(name=name or "not recorded"))


def conductor(file: CaseFile, row: Row, needs: Sequence[str]) -> dict[str, Any] | None:
    """Who stood at the counter, where that is not the holder himself: a side of its own.

    ``complete``: all of ``needs`` is on file, which the elements for clients demand.
    """
    party = file.parties.get(row["conductor_party_id"])
    if party is None:
        if not row["conductor_name"]:
            return None
        first, _, last = str(row["conductor_name"]).strip().rpartition(" ")
        stranger = Sparse(_label=row["_label"], first_name=first or "-", last_name=last)
        return side(row["_label"], client=False, country=row["place_country"], person=stranger, complete=False)
    account = file.accounts.get(row["account_id"])
    if account and party["party_id"] in {holder["party_id"] for holder in file.holders(account)}:
        return None
    hand = party_side(file, party, row["place_country"])
    complete = hand["person"] is not None and all(hand["person"][need] for need in needs)
    return {**hand, "complete": complete, "client": hand["client"] and complete}
