"""Text as a filing can carry it: no character that XML forbids, no blanks that a schema refuses."""

from __future__ import annotations

import re
import unicodedata

# What XML 1.0 cannot hold (control characters, lone surrogates, non-characters).
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Letters and marks that have a usual ASCII spelling but no decomposition that leads to it.
_SPELLINGS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H", "’": "'",
        "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "…": "...",
        "€": "EUR ", "£": "GBP ", "¥": "JPY ", "•": "-", "·": "-",
    }
)  # fmt: skip


def printable(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """``text`` trimmed, every run of blanks and line breaks one space."""
    return " ".join(text.split())


def latin(text: str) -> str:
    """``text`` in ASCII where a usual spelling exists (José → Jose); other characters stay as they are."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELLINGS))
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def parts(text: str, size: int) -> list[str]:
    """``text`` in pieces of at most ``size`` characters, broken after a blank where one is near.

    Joined again without anything between them, the pieces give ``text``; only a text of blanks has no piece.
    A piece neither begins nor ends in a blank unless the text has longer runs of blanks, or of single characters
    between blanks, than ``size`` allows for.
    """
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > size:
        # A schema may forbid blanks at the ends, so a piece breaks inside a word rather than at a blank.
        cut = size
        while cut > size // 2 and (rest[cut - 1].isspace() or rest[cut].isspace()):
            cut -= 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
    return [*pieces, rest] if rest else pieces
