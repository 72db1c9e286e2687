"""An exemption as a filing of it sees it: one approved act on it at one pin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from reports.casefile import UTC, Row


@dataclass(frozen=True)
class ExemptFile:
    """All that a filing of an exemption prints, as read; rows and ``corrects`` as those of a CaseFile."""

    pin: int
    entity: Row
    designation: Row
    corrects: str | None = None

    @property
    def designation_id(self) -> str:
        return str(self.designation["designation_id"])

    @property
    def filed_on(self) -> date:
        """The local day of the approval: the date of the filing."""
        approved_at: datetime = self.designation["approved_at"].replace(tzinfo=UTC)
        return approved_at.astimezone(ZoneInfo(self.entity["time_zone"])).date()

    @property
    def told(self) -> str:
        """What the filing is about, in words."""
        return f"act {self.designation_id} on exemption {self.designation['exemption_id']}"
