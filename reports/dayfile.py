"""A business day as a filing of its cash sees it: the rpt_ctr rows of one day at one pin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from reports.casefile import Row


@dataclass(frozen=True)
class CashReport:
    """One report of cash: its row, who is involved, and the movements, each as its rpt_ table has them.

    ``prior_number`` is the regulator's number of the report in whose place this one stands, None for a first one.
    """

    row: Row
    persons: tuple[Row, ...]
    transactions: tuple[Row, ...]
    prior_number: str | None = None


@dataclass(frozen=True)
class DayFile:
    """All that a filing of a day's cash prints, as read; rows as those of a CaseFile.

    ``reports`` may be gone over again and again, and holds few of them at a time. ``parties`` and ``accounts``, by id,
    are read for forms that tell whole accounts, else empty. ``filed_on`` is the local day on which the build that the
    pin stands for was found whole: the date of the filing. ``corrects`` is the reference of the filing in whose place
    this one is made, None for any other; ``gone`` are the regulator's numbers of what it told and is due no more.
    """

    pin: int
    entity: Row
    business_day: date
    filed_on: date
    reports: Iterable[CashReport]
    parties: Mapping[str, Row] = field(default_factory=dict)
    accounts: Mapping[str, Row] = field(default_factory=dict)
    corrects: str | None = None
    gone: tuple[str, ...] = ()
