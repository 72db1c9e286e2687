"""A business day as a filing of its cash sees it: the rpt_ctr rows of one day at one pin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports.casefile import Row


@dataclass(frozen=True)
class CashReport:
    """One report of cash: its row, who is involved, and the movements, each as its rpt_ table has them."""

    row: Row
    persons: tuple[Row, ...]
    transactions: tuple[Row, ...]


@dataclass(frozen=True)
class DayFile:
    """All that a filing of a day's cash prints, as read; rows as those of a CaseFile.

    ``filed_on`` is the local day on which the build that the pin stands for was found whole: the date of the filing.
    """

    pin: int
    entity: Row
    business_day: date
    filed_on: date
    reports: tuple[CashReport, ...]

    @property
    def transactions(self) -> tuple[Row, ...]:
        return tuple(row for report in self.reports for row in report.transactions)

    def total(self, column: str) -> Decimal:
        """Sum of ``cash_in`` or ``cash_out`` over the reports, in base currency."""
        return sum((report.row[column] for report in self.reports), Decimal(0))
