"""Passwords in what people and logs get to read."""

from __future__ import annotations

import re

# libpq takes a password as a word or in quotes after password=, or in a URI between the user and the host.
_WORD = re.compile(r"(?i)\b(password\s*=\s*)('(?:\\.|[^'\\])*'|[^\s'\"]+)")
_URI = re.compile(r"(://[^\s/@:]*:)[^\s/]*(?=@)")

# By their names: librdkafka's passwords, passphrases, client secrets, keys given in full, and what logs in with tokens.
_SECRET = re.compile(r"password|passphrase|secret|credential|token|jaas|assertion|\.pem$|\.config$|\.key$|user\.info$")


def is_secret(name: str) -> bool:
    """Whether the setting of that name holds a secret: those that say where one is, or whose, do not."""
    return bool(_SECRET.search(name)) and not name.endswith((".location", ".url", ".id"))


def without_passwords(text: str) -> str:
    """``text`` with ``***`` for each password of a connection string in it."""
    return _URI.sub(r"\1***", _WORD.sub(r"\1***", text))
