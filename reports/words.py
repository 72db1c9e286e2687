"""Figures and dates in words, as a narrative prints them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

# strftime's names of months follow the machine's locale; a filing's must not.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def day(value: date) -> str:
    """``3 March 2026``."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def short_day(value: date) -> str:
    """``3 Mar``."""
    return f"{value.day} {_MONTHS[value.month - 1][:3]}"


def month_name(value: date) -> str:
    """``March 2026``."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def figure(value: Decimal) -> str:
    """``12,500.00``; more decimals only where the amount has them."""
    cents = value.quantize(Decimal("0.01"))
    return f"{cents:,f}" if cents == value else f"{value.normalize():,f}"


def amount(value: Decimal | None, currency: str) -> str:
    """``USD 12,500.00``."""
    return "an amount not known" if value is None else f"{currency} {figure(value)}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 movement``, ``12 movements``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def spoken(code: str | None) -> str:
    """A code of ours as words: ``credit_transfer`` is ``credit transfer``."""
    return (code or "").replace("_", " ")


def shortened(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns of a line, with ``…`` for what is left out; a wide character takes two."""
    taken = 0
    for place, character in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(character) in "FW" else 1
        if taken > width:
            return text[: max(place - 1, 0)].rstrip() + "…"
    return text
