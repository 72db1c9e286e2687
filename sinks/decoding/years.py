"""The years 1 to 9999, which Python's and the lake's dates and times have: their bounds, counted from 1970."""

from __future__ import annotations

from datetime import date

FIRST_YEAR, LAST_YEAR = date.min.year, date.max.year
_EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH
FIRST_SECOND, LAST_SECOND = FIRST_DAY * 86_400, LAST_DAY * 86_400 + 86_399
FIRST_MICROSECOND, LAST_MICROSECOND = FIRST_SECOND * 1_000_000, LAST_SECOND * 1_000_000 + 999_999
