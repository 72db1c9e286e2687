"""Parties as FinCEN's batches tell them: who files, who somebody is, and what of it is not known."""

from __future__ import annotations

from typing import Any

from reports.casefile import Row

# Countries whose states FinCEN records.
_WITH_STATES = ("US", "CA", "MX")


def filer(entity: Row) -> dict[str, Any]:
    """The bank as transmitter and filing institution."""
    return {
        **entity,
        "address": _own_address(entity),
        "regulator": entity["regulator_code"],
        "rssd_number": {"rssd": entity["rssd"]} if entity["rssd"] else None,
    }


def taxpayer(party: Row, *, natural: bool) -> dict[str, Any]:
    """The number of the tax office, or that it is not known."""
    if not party["tax_id"]:
        return {"unknown": True, "number": None, "kind": None, "country": None}
    domestic = party["tax_id_country"] in (None, "US")
    kind = ("natural" if natural else "entity") if domestic else "foreign"
    return {"unknown": False, "number": party["tax_id"], "kind": kind,
            "country": None if domestic else party["tax_id_country"]}  # fmt: skip


def paper(party: Row, held: Row) -> dict[str, Any]:
    """An identification document of ``party``."""
    kind = held["type"] or "other"
    known = kind in ("passport", "driving_licence", "residence_permit")
    return {
        **held,
        "type": kind,
        "_label": party["_label"],
        "other": None if known else kind.replace("_", " "),
        "state": held["issuing_state"] if held["issuing_country"] in _WITH_STATES else None,
    }


def address(label: str, known: Row | None) -> dict[str, Any]:
    """An address with an unknown flag for each critical part that is missing."""
    line, town, state, postal_code, country = (
        (known[part] if known else None) for part in ("line", "town", "state", "postal_code", "country")
    )
    states = country in _WITH_STATES
    return {
        "_label": label,
        "line": line,
        "town": town,
        "state": state if states else None,
        "postal_code": postal_code,
        "country": country,
        "no_line": not line,
        "no_town": not town,
        "no_country": not country,
        "no_state": not state and (states or not country),
        "no_postal_code": not postal_code and (states or not country),
    }


def _own_address(entity: Row) -> dict[str, Any]:
    return {
        "_label": entity["_label"],
        "line": entity["address_line"],
        "town": entity["address_town"],
        "state": entity["address_state"],
        "postal_code": entity["address_postal_code"],
        "country": entity["address_country"],
    }


def full_name(entity: Row) -> str | None:
    """The contact's name, None where there is none."""
    name = " ".join(part for part in (entity["contact_first_name"], entity["contact_last_name"]) if part)
    return name or None
