"""XML of a published list, read without entities, network or more depth than a list needs."""

from __future__ import annotations

from lxml import etree

from screening.errors import ListUnreadable


def root_of(data: bytes, tag: str, list_name: str) -> etree._Element:
    """The root element, which has to be ``tag`` whatever its namespace.

    Raises:
        ListUnreadable: the bytes are no such document.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ListUnreadable(f"the file of {list_name} is not XML: {error}. Get it again") from error
    if etree.QName(root).localname != tag:
        raise ListUnreadable(f"the file of {list_name} begins with <{etree.QName(root).localname}>, not with <{tag}>")
    return root


def told(element: etree._Element, tag: str) -> str:
    """The text of a child, its white space made plain; empty if there is none."""
    return " ".join((element.findtext(tag) or "").split())
