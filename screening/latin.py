"""Words of any script in the letters a to z, and the consonants by which their spellings are told alike."""

from __future__ import annotations

import re

import polars as pl
from anyascii import anyascii

# Written without vowels, so that only consonants can be compared.
VOWELLESS = r"[\p{Arabic}\p{Hebrew}]"
_ARABIC = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "ئ": "ي", "ء": None, "ة": None, "ى": "ا", "ـ": None, "ھ": "ه"}
)
_HAS_ARABIC = re.compile("[\u0600-\u06ff]")
_ARTICLE = re.compile("^(و?ال)(?=..)(?!له$)")
_MARKS = re.compile("[\u064b-\u065f\u0670]")

# What stands for one sound in the spellings of many tongues, in the order in which they are replaced.
_SOUNDS = (
    (r"[aeu]?l?d[iey]+ne?$", "dn"),
    (r"sch|tch|sh|ch|cz|sz", "s"),
    (r"dj|dzh|zh|dz", "j"),
    (r"kh|ck|gh|q|g", "k"),
    (r"c([eiy])", "s$1"),
    (r"c", "k"),
    (r"ph|v", "f"),
    (r"^w", "f"),
    (r"th", "t"),
    (r"dh", "d"),
    (r"bh", "b"),
    (r"^x", "s"),
    (r"x", "ks"),
    (r"ts|tz|z", "s"),
    (r"^ye|^je", "e"),
    (r"^[aeiou]+", "A"),
    (r"[aeiouwy]+h?$", ""),
    (r"[aeiouwy]+", ""),
    (r"^Abdl", "Abd"),
)


def latin(word: str) -> str:
    """``word`` in lower-case ASCII; several words for a script that sets none apart.

    Arabic's article becomes a word, its long a is kept, and it loses what has no letter of its own in Latin spellings;
    all else is transliterated by anyascii (spellings much like BGN/PCGN's for Cyrillic).
    """
    if _HAS_ARABIC.search(word):
        word = _ARTICLE.sub("ال ", _MARKS.sub("", word).translate(_ARABIC))
        word = re.sub(r"\bع", "ا", word).replace("ع", "").replace("الله", "الاه").replace("ا", "a")
    # Of a lower-case word only ideographs and syllables become capitals, each the beginning of one.
    apart = re.sub(r"(?<=[A-Za-z])(?=[A-Z])", " ", anyascii(word.lower()))
    return re.sub(r"[^a-z0-9 ]+", "", apart.lower()).strip()


def sounds(word: pl.Expr) -> pl.Expr:
    """The consonants of a Latin word, an initial vowel as ``A``: one spelling of what other spellings sound like."""
    key = word
    for letter in "bcdfghjklmnpqrstvwxyz":
        key = key.str.replace_all(letter * 2, letter, literal=True)
    for pattern, sound in _SOUNDS:
        key = key.str.replace_all(pattern, sound)
    return key
