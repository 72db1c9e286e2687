"""The fonts of every PDF, and texts as they can be set in them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from reports.text import printable

# Noto's fonts come in packages whose versions are pinned: a machine's own would make the bytes depend on the machine.
_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
# The body's first; a character is set in the first family that has it.
_SCRIPTS = (
    "Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi", "Hebrew", "Kannada",
    "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai", "Symbols",
)  # fmt: skip
FAMILIES = (
    "Libertinus Serif",
    "Noto Sans",
    *(f"Noto Sans {script}" for script in _SCRIPTS),
    "Noto Sans CJK SC",
    "Noto Emoji",
    "DejaVu Sans Mono",
)
_NOWHERE = "\uffff"  # a character that no font has
# Controls that turn the direction of what follows them, in a name a way to make an amount read backwards.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_RIGHT_TO_LEFT = re.compile(rf"[{_RIGHT}](?:[^\w]*[{_RIGHT}])*")
_LEFT_TO_RIGHT_MARK = "\u200e"
# A longer piece without a blank may be broken, lest it runs out of its column.
_LONG_PIECE = re.compile(r"\S{34}(?=\S)")
_BREAK = "\u200b"


@cache
def fonts() -> typst.Fonts:
    """Those that typst brings along and Noto's; none of the machine's."""
    folders = [str(files(package)) for package in _PACKAGES]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def shown(value: Any) -> Any:
    """``value`` (JSON) with its texts as the fonts can print them.

    A character that no font has, or that would turn the direction of what follows, is given by its number, such as
    ``[U+0504]``. Behind a piece that is read from the right stands a mark, so that an amount after it stays in place.
    """
    texts: set[str] = set()
    _gather(value, texts)
    _look_up({character for text in texts for character in text})
    return _settable(value)


def _gather(value: Any, texts: set[str]) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _gather(inner, texts)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, texts)
    elif isinstance(value, str):
        texts.add(printable(value))


def _settable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _settable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settable(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = "".join(_glyph(character) for character in printable(value))
    text = _RIGHT_TO_LEFT.sub(lambda found: found[0] + _LEFT_TO_RIGHT_MARK, text)
    return _LONG_PIECE.sub(lambda found: found[0] + _BREAK, text)


def _glyph(character: str) -> str:
    return character if _is_latin(character) or _HAS_GLYPH[character] else f"[U+{ord(character):04X}]"


def _is_latin(character: str) -> bool:
    return ord(character) < 0x250


_HAS_GLYPH: dict[str, bool] = dict.fromkeys(_TURNS, False)


def _look_up(characters: set[str]) -> None:
    """Put into ``_HAS_GLYPH`` those of ``characters`` that are not in it."""
    unknown = sorted(character for character in characters if not _is_latin(character) and character not in _HAS_GLYPH)
    if not unknown:
        return
    families = ", ".join(f'"{family}"' for family in FAMILIES)
    # What no font has is drawn as one and the same empty box.
    pages = "\n#pagebreak()\n".join(f'#"\\u{{{ord(character):x}}}"' for character in [_NOWHERE, *unknown])
    source = f"#set page(width: 9pt, height: 9pt)\n#set text(font: ({families}))\n{pages}"
    compiler = typst.Compiler(source.encode(), font_paths=fonts(), ignore_system_fonts=True)
    drawn = compiler.compile(format="svg")
    assert isinstance(drawn, list)
    _HAS_GLYPH.update((character, page != drawn[0]) for character, page in zip(unknown, drawn[1:], strict=True))
