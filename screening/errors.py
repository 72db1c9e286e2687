"""Errors of screening; each message names the thing, the value and the remedy.

ScreeningError
├── ListUnreadable   a file is not a list of the kind it was said to be, or holds no entry
├── ListShrunk       a new version has lost so many entries that it is more likely broken than right
└── NothingToScreen  no list was given, or none has landed
"""


class ScreeningError(Exception):
    """Base of every error that `screening` raises on purpose."""


class ListUnreadable(ScreeningError):
    """A file is no list of its kind."""


class ListShrunk(ScreeningError):
    """A version has lost too many entries at once; the last good one stays."""


class NothingToScreen(ScreeningError):
    """There is no list to screen against."""
