"""The document a profile makes of a case file or an exemption, and everything the rule book says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from reports import fincen, fincen_doep, goaml
from reports.casefile import CaseFile
from reports.exemptfile import ExemptFile
from reports.profile import Profile
from reports.rulebook import Violation, check
from reports.template import Template
from reports.text import one_line

Records = Callable[[CaseFile, Profile, str, str], Mapping[str, Any]]
FORMS: dict[str, Records] = {"goaml": goaml.records, "fincen": fincen.records}
# Is told of each element, what it tells of, and which column of that; none for an element that holds others.
Note = Callable[[etree._Element, str, str | None], None]


def compose(
    profile: Profile, file: CaseFile | ExemptFile, filing_ref: str, narrative: str, note: Note = lambda *_: None
) -> tuple[etree._Element, list[Violation]]:
    """The document and all violations of the profile's rule book, errors and warnings, by rule number.

    A party or account stands in many transactions; what is wrong with it is told once. ``note`` is told of
    each element. An exemption has no narrative.
    """
    if isinstance(file, ExemptFile):
        records, told = fincen_doep.records(file, filing_ref), fincen_doep.variables(file)
    else:
        records, told = FORMS[profile.form](file, profile, filing_ref, narrative), variables(file, narrative)
    filled = Template(profile).fill(records)
    root = filled.parsed()
    for element, (label, column) in filled.noted(root):
        note(element, label, column)
    violations = filled.violations + check(root, profile.rules, profile.namespaces, told)
    return root, sorted(set(violations), key=lambda found: (found.rule, found.field, found.value or ""))


def variables(file: CaseFile, narrative: str) -> dict[str, Any]:
    """What the rules may name beside the document itself."""
    reported = sum((row["base_amount"] or Decimal(0) for row in goaml.reported(file)), Decimal(0))
    amount = file.case["amount"]
    amounts = [row["base_amount"] for row in file.transactions if row["base_amount"] is not None]
    return {
        "prepared_by": file.case["disposed_by"] or "",
        "approved_by": file.case["approved_by"] or "",
        "base_currency": file.case["base_currency"] or "",
        "filed_on": float(f"{file.approved_on:%Y%m%d}"),
        "subjects": float(len(file.subjects)),
        "reported_amount": f"{reported.normalize():f}",
        "moved_amount": f"{(file.total('credit') + file.total('debit')).normalize():f}",
        "case_amount": "" if amount is None else f"{amount.normalize():f}",
        "smallest_amount": float(min(amounts, default=Decimal(1))),
        "largest_amount": float(max(amounts, default=Decimal(1))),
        "unheld": ", ".join(key for key, account in file.accounts.items() if not file.holders(account)),
        "unrated": ", ".join(row["transaction_id"] or "?" for row in file.transactions if row["base_amount"] is None),
        "ahead": ", ".join(
            row["transaction_id"] or "?"
            for row in file.transactions
            if file.local(row["booked_at"]).date() > file.approved_on
        ),
        "narrative_length": float(len(one_line(narrative))),
        "ip_addresses": float(len({row["ip_address"] for row in file.transactions if row["ip_address"]})),
        **_joint(file, narrative),
    }


def _joint(file: CaseFile, narrative: str) -> dict[str, str]:
    """Institutions that file with this one: all of them, and those of which something is wrong."""
    filers = file.case["joint_filers"] or []
    told = one_line(narrative).casefold()
    return {
        "joint_filers": ", ".join(each["name"] for each in filers),
        "joint_unnamed": ", ".join(each["name"] for each in filers if one_line(each["name"]).casefold() not in told),
        "joint_unreachable": ", ".join(each["name"] for each in filers if not each["contact"]),
        "joint_itself": ", ".join(
            each["name"] for each in filers if each["name"].casefold() == str(file.entity["name"]).casefold()
        ),
    }


def serialise(root: etree._Element) -> bytes:
    """The document as UTF-8, indented by two blanks, with an XML declaration and one line break at its end."""
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
