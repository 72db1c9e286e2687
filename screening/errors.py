"""Errors of screening; each message names the thing, the value and the remedy.

ScreeningError
├── ListUnreadable   a file is not a list of the kind it was said to be, or holds no entry
└── NothingToScreen  no list was given, or none has landed
"""


class ScreeningError(Exception):
    """Base of every error that `screening` raises on purpose."""


class ListUnreadable(ScreeningError):
    """A file is no list of its kind."""


class NothingToScreen(ScreeningError):
    """There is no list to screen against."""
