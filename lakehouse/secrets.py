"""Passwords in what people and logs get to read."""

from __future__ import annotations

import re

# libpq takes a password as a word or in quotes after password=, or in a URI between the user and the host.
_WORD = re.compile(r"(?i)\b(password\s*=\s*)('(?:\\.|[^'\\])*'|[^\s'\"]+)")
_URI = re.compile(r"(://[^\s/@:]*:)[^\s/]*(?=@)")


def without_passwords(text: str) -> str:
    """``text`` with ``***`` for each password of a connection string in it."""
    return _URI.sub(r"\1***", _WORD.sub(r"\1***", text))
