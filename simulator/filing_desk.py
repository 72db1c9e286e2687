"""What becomes of filings: an officer sends each the business day after, and the regulator answers on the next."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from contracts.filings import step
from simulator.business_calendar import ZONE, BusinessCalendar, day_number, day_of
from simulator.officers import MLRO

# FinCEN's identifiers have 14 digits and begin so.
_PREFIX, _DIGITS = "31000", 9
FAULT = {
    "field": "/EFilingBatchXML/Activity/Party[ActivityPartyTypeCode='35']/PartyIdentification",
    "message": "FATAL: the transmitter control code is not registered for this form; register it and send again",
}


@dataclass(frozen=True)
class Made:
    """A filing that waits to be sent: ``since`` is the business day, or the day of the approval, that it tells of.

    ``about`` holds the one of case_id, business_day and designation_id that it is about; ``reports`` is how many
    numbers the regulator gives for it.
    """

    filing_ref: str
    profile: str
    sha256: str
    about: dict[str, Any]
    since: date
    reports: int = 1


def send(filings: Iterable[Made], returned: Collection[str] = ()) -> list[dict[str, Any]]:
    """The steps of ``filings`` as events of compliance.filings, in order: submitted, then acknowledged with numbers.

    Those whose reference is in ``returned`` come back with ``FAULT`` instead. Times and numbers follow from the filing
    alone, so the same filings give the same events whenever this runs.
    """
    steps = [each for filing in filings for each in _life(filing, is_returned=filing.filing_ref in returned)]
    return sorted(steps, key=lambda each: (each["occurred_at"], each["filing_ref"]))


def _life(filing: Made, *, is_returned: bool) -> list[dict[str, Any]]:
    answer: dict[str, Any] = {"errors": [FAULT]} if is_returned else {"regulator_reference": _numbers(filing)}
    status = "returned" if is_returned else "acknowledged"
    return [
        _step(filing, "submitted", _office_time(filing.since, 1, 10)),
        _step(filing, status, _office_time(filing.since, 2, 16), **answer),
    ]


def _step(filing: Made, status: str, at: datetime, **more: Any) -> dict[str, Any]:
    return step(
        filing.filing_ref,
        filing.profile,
        status,
        filing.sha256,
        at,
        officer_id=MLRO.officer_id,
        **filing.about,
        **more,
    )


def _numbers(filing: Made) -> str:
    digests = (hashlib.sha256(f"{filing.filing_ref}|{number}".encode()) for number in range(filing.reports))
    return " ".join(f"{_PREFIX}{int(digest.hexdigest(), 16) % 10**_DIGITS:0{_DIGITS}}" for digest in digests)


def _office_time(after: date, business_days: int, hour: int) -> datetime:
    """The hour on New York's clocks, so many business days after a day."""
    calendar = BusinessCalendar(after, after)
    day = day_of(calendar.add(day_number(after), business_days))
    return datetime.combine(day, time(hour), ZoneInfo(ZONE)).astimezone(UTC)
