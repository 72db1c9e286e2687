"""An approved act on an exemption as FinCEN's DOEP batch tells it: who is exempt, as what, from which day on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reports.casefile import Row
from reports.exemptfile import ExemptFile
from reports.fincen_parties import filer, full_name


def records(file: ExemptFile, filing_ref: str) -> Mapping[str, Any]:
    """The records that a FinCEN DOEP template prints; see ``template.yml`` for their names."""
    designation = file.designation
    return {
        "_label": f"filing {filing_ref}",
        "filed_on": file.filed_on,
        "entity": filer(file.entity),
        "contact_name": full_name(file.entity),
        "initial": designation["kind"] == "initial",
        "amended": designation["kind"] == "amended",
        "revoked": designation["kind"] == "revoked",
        "prior_number": designation["prior_document_number"],
        "basis": designation["basis"],
        "effective_on": designation["effective_on"],
        "exempt": _exempt(designation),
        "official": {
            "_label": f"officer {designation['approved_by']}",
            "name": designation["approved_by_name"],
            "title": file.entity["contact_title"],
            "phone": file.entity["contact_phone"],
        },
    }


def variables(file: ExemptFile) -> dict[str, Any]:
    """What the rules may name beside the document itself."""
    return {
        "prepared_by": file.designation["proposed_by"] or "",
        "approved_by": file.designation["approved_by"] or "",
        "not_eligible": file.designation["not_eligible"] or "",
        "tax_id_country": file.designation["tax_id_country"] or "US",
        "filed_on": float(f"{file.filed_on:%Y%m%d}"),
    }


def _exempt(party: Row) -> dict[str, Any]:
    natural = party["party_type"] == "natural_person"
    phones = [phone for phone in party["phones"] or [] if re.search(r"\d", phone["number"] or "")]
    return {
        **party,
        "_label": f"party {party['party_id']}",
        "is_entity": not natural,
        "surname": (party["last_name"] if natural else None) or party["name"],
        "given_name": party["first_name"] if natural and party["last_name"] else None,
        "trade_name": {"name": party["doing_business_as"]} if party["doing_business_as"] else None,
        "address": {**party["addresses"][0], "_label": f"party {party['party_id']}"} if party["addresses"] else None,
        "phone": phones[0] if phones else None,
        "tax_kind": "natural" if natural else "entity",
        "mail": {"address": party["email"]} if party["email"] else None,
    }
