"""An exemption from reports of cash: officers at work on a shop that banks more than the threshold every other day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.exemptions import act, exemption_id
from simulator.business_calendar import ZONE, BusinessCalendar, day_number, day_of
from simulator.officers import INVESTIGATORS, MLRO, Officer
from simulator.world import World

BASIS = "non_listed_business"
# By then a shop that banks every other business day has had the five reportable transactions that the law asks for.
AFTER_DAYS = 30


def exempt(world: World, start: date) -> list[dict[str, Any]]:
    """The acts by which the first market of the bank is designated, and approved, as events of compliance.exemptions.

    Its cash counts as exempt from the first business day that is ``AFTER_DAYS`` after ``start``.
    """
    party = world.parties["party_id"][int(world.playing("large_cash")[0])]
    calendar = BusinessCalendar(start, start + timedelta(days=AFTER_DAYS))
    effective = day_of(calendar.on_or_after(day_number(start) + AFTER_DAYS))
    told = exemption_id(party, BASIS, effective)
    proposed = {"party_id": party, "basis": BASIS, "effective_on": effective}
    need = "Banks its takings in cash every other day, more than 10,000 dollars each time, as its business explains."
    return [
        _act(told, "designated", INVESTIGATORS[0], effective - timedelta(days=3), reason=need, **proposed),
        _act(
            told,
            "approved",
            MLRO,
            effective - timedelta(days=2),
            reason="The file and the year's deposits bear it out.",
        ),
    ]


def _act(about: str, done: str, officer: Officer, day: date, **more: Any) -> dict[str, Any]:
    moment = datetime.combine(day, time(11), ZoneInfo(ZONE)).astimezone(UTC)
    who = officer.officer_id, officer.officer_role
    return act(about, done, *who, moment, officer_name=officer.officer_name, **more)
