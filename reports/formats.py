"""How a value is written into an element."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any

from reports.text import latin, one_line

Codes = Mapping[str, str]


class NoCode(Exception):
    """A word of ours is not in the regulator's code list."""


def money(value: Decimal) -> str:
    """An amount with two decimals, or with as many as it needs."""
    whole = value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return f"{whole:f}" if whole == value else f"{value.normalize():f}"


def _text(value: Any, _: Codes) -> str:
    return one_line(str(value))


def _lines(value: Any, _: Codes) -> str:
    return str(value).strip()


def _code(value: Any, codes: Codes) -> str:
    """Our word's code; in the list ``*`` stands for every other word, and the code ``=`` for the word itself.

    Of several words, the closest first, the first counts that the list has.
    """
    words = [str(word) for word in value] if isinstance(value, tuple) else [str(value)]
    word = next((word for word in words if word in codes), words[-1])
    code = codes.get(word, codes.get("*"))
    if code is None:
        raise NoCode(word)
    return word if code == "=" else code


def _datetime(value: date, _: Codes) -> str:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return moment.replace(microsecond=0).isoformat()


def _day(value: date, _: Codes) -> str:
    return value.isoformat()[:10].replace("-", "")


def _clock(value: datetime, _: Codes) -> str:
    """The time of day to the second."""
    return f"{value:%H:%M:%S}"


def _whole(value: Decimal, _: Codes) -> str:
    """An amount rounded up to the next whole unit, as FinCEN wants dollars."""
    return f"{value.quantize(Decimal(1), ROUND_CEILING):f}"


def _rate(value: Decimal, _: Codes) -> str:
    """A rate with at most ten decimals."""
    return f"{value.quantize(Decimal('1e-10'), ROUND_HALF_EVEN).normalize():f}"


def _digits(value: Any, _: Codes) -> str:
    return re.sub(r"\D", "", str(value))


def _phone(value: Any, _: Codes) -> str:
    """Digits; a number of the North American plan without its country prefix, as FinCEN wants it."""
    digits = re.sub(r"\D", "", str(value))
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _compact(value: Any, _: Codes) -> str:
    """Letters and digits only."""
    return re.sub(r"[^0-9A-Za-z]", "", str(value))


def _yes(value: Any, _: Codes) -> str:
    return "Y" if value else ""


def _yes_or_no(value: Any, _: Codes) -> str:
    return "Y" if value else "N"


def _plain(value: Any, _: Codes) -> str:
    """A name in Latin letters, with the punctuation that keeps to no register left out."""
    return one_line(re.sub(r"[,;:/()\[\]\"*+_!]", " ", latin(str(value)).replace("&", " and ")))


def _flag(value: Any, _: Codes) -> str:
    return "1" if value else "0"


FORMATS: dict[str, Callable[[Any, Codes], str]] = {
    "text": _text,
    "lines": _lines,
    "code": _code,
    "datetime": _datetime,
    "day": _day,
    "clock": _clock,
    "money": lambda value, _: money(value),
    "whole": _whole,
    "rate": _rate,
    "digits": _digits,
    "phone": _phone,
    "compact": _compact,
    "yes": _yes,
    "yes_or_no": _yes_or_no,
    "plain": _plain,
    "flag": _flag,
}
