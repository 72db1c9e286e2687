"""Ways to spoil a sound case, or the document made of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from lxml import etree
from reporting_case import Tables, company, transaction

Rows = Callable[[Tables], object]
Document = Callable[[etree._Element], object]


def put(table: str, index: int = 0, **changes: Any) -> Rows:
    """Rows with other values in one of them."""
    return lambda rows: rows[f"rpt_{table}"][index].update(changes)


def earlier(**changes: Any) -> dict[str, Any]:
    """A filing of the case that FinCEN has acknowledged."""
    return {
        "profile": "fincen-sar",
        "filing_ref": "SAR-1",
        "regulator_reference": "31000123456789",
        "corrects": None,
        "pin": 3,
        **changes,
    }


def of_company(change: Rows = lambda _: None) -> Rows:
    """Rows of a case whose account belongs to a company for which Dana Whitfield signs."""

    def apply(rows: Tables) -> None:
        rows["rpt_str_party"][:] = [party for party in rows["rpt_str_party"] if party["party_id"] != "P-9"]
        rows["rpt_str_party"][0].update(is_subject=False, roles=["signatory"])
        rows["rpt_str_party"].insert(0, company("P-9", is_subject=True, roles=["subject", "holder"]))
        rows["rpt_str_account"][0]["parties"] = [
            {"party_id": "P-9", "role": "holder"},
            {"party_id": "P-1", "role": "signatory"},
        ]
        for row in rows["rpt_str_transaction"]:
            for side in ("debtor", "creditor"):
                if row.get(f"{side}_party_id") == "P-1":
                    row[f"{side}_party_id"] = "P-9"
        change(rows)

    return apply


def subject_paper(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_str_party"][0]["identifications"][0].update(changes)


def subject_address(**changes: Any) -> Rows:
    return lambda rows: rows["rpt_str_party"][0]["addresses"][0].update(changes)


def no_movements(rows: Tables) -> None:
    rows["rpt_str_transaction"].clear()


def no_subject(rows: Tables) -> None:
    for party in rows["rpt_str_party"]:
        party["is_subject"] = False


def no_town(rows: Tables) -> None:
    for row in rows["rpt_str_transaction"]:
        row["place_town"] = None


def no_country(rows: Tables) -> None:
    for row in rows["rpt_str_transaction"]:
        row["place_country"] = None


def jointly(
    name: str = "Second Example Bank", contact: str | None = "Compliance, +1 212 555 0177", **case: Any
) -> Rows:
    """A report that is filed with another institution."""
    return put("str_case", joint_filers=[{"name": name, "contact": contact}], **case)


def hundred_addresses(rows: Tables) -> None:
    rows["rpt_str_transaction"] = [transaction(n, ip_address=f"198.51.100.{n}") for n in range(100)]


def hundred_branches(rows: Tables) -> None:
    rows["rpt_str_transaction"] = [transaction(n, branch_id=f"B-{n:03}") for n in range(100)]


def nothing_suspicious(rows: Tables) -> None:
    rows["rpt_str_alert"].clear()
    rows["rpt_str_transaction"] = [transaction(1)]


def drop(path: str) -> Document:
    """The document without the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        node = first(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return apply


def write(path: str, text: str) -> Document:
    """The document with ``text`` in the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        first(root, path).text = text

    return apply


def write_into(path: str, name: str, text: str) -> Document:
    """The document with another element in the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        etree.SubElement(first(root, path), f"{{www.fincen.gov/base}}{name}").text = text

    return apply


def mark(path: str, **attributes: str) -> Document:
    """The document with other attributes on the first node at ``path``."""

    def apply(root: etree._Element) -> None:
        for name, value in attributes.items():
            first(root, path).set(name, value)

    return apply


def twice(path: str) -> Document:
    """The document with the first node at ``path`` standing there again."""

    def apply(root: etree._Element) -> None:
        node = first(root, path)
        node.addnext(copy.deepcopy(node))

    return apply


def first(root: etree._Element, path: str) -> etree._Element:
    found: Any = root.xpath(path, namespaces={"fc2": "www.fincen.gov/base"})
    element: etree._Element = found[0]
    return element


def both(*changes: Rows) -> Rows:
    """Rows with several changes."""

    def apply(rows: Tables) -> None:
        for change in changes:
            change(rows)

    return apply
