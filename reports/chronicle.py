"""What happened in a case and when: the timeline, and what officers did."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from reports.casefile import CaseFile, Row
from reports.words import amount, count, figure, spoken

_DONE = {
    "opened": "opened the case",
    "assigned": "assigned the case",
    "noted": "noted",
    "disposed": "decided",
    "approved": "approved the decision",
    "rejected": "rejected the decision",
}
# What happens at one moment is told in this order.
_MONEY, _ALERT, _OFFICER = range(3)

Event = tuple[datetime, int, str]


def timeline(file: CaseFile) -> list[dict[str, str]]:
    """Movements' first and last, alerts and acts in order, each with what had come in and gone out until then.

    A scenario that fires several times on a day stands once. ``kind`` is ``money``, ``alert`` or ``officer``.
    """
    movements = sorted(file.transactions, key=lambda row: row["booked_at"])
    moments = [row["booked_at"] for row in movements]
    until = {side: [Decimal(0), *accumulate(_of_side(movements, side))] for side in ("credit", "debit")}
    events = sorted([*_money(movements), *_alerts(file), *_acts(file)])
    return [
        {
            "at": f"{file.local(at):%Y-%m-%d %H:%M}",
            "kind": ("money", "alert", "officer")[kind],
            "text": text,
            "in": figure(until["credit"][bisect_right(moments, at)]),
            "out": figure(until["debit"][bisect_right(moments, at)]),
        }
        for at, kind, text in events
    ]


def history(file: CaseFile) -> list[dict[str, str]]:
    """Each act on the case: when, who, what, why, whether it counts, and where the event stands on the topic."""
    return [
        {
            "at": f"{file.local(act['decided_at']):%Y-%m-%d %H:%M}",
            "who": act["officer_name"] or act["officer_id"],
            "role": f"{act['officer_id']}, {spoken(act['officer_role'])}",
            "what": _done(act),
            "why": act["reason"] or "",
            "void": f"without effect: {spoken(act['violated_rule'])}" if act["violated_rule"] else "",
            "event": f"{act['_topic']} {act['_partition']}@{act['_offset']}",
        }
        for act in file.acts
    ]


def _of_side(movements: Iterable[Row], side: str) -> Iterable[Decimal]:
    return (
        row["base_amount"] if row["direction"] == side and row["base_amount"] is not None else Decimal(0)
        for row in movements
    )


def _money(movements: list[Row]) -> Iterable[Event]:
    if movements:
        yield movements[0]["booked_at"], _MONEY, "First movement in evidence"
        yield movements[-1]["booked_at"], _MONEY, f"Last of {count(len(movements), 'movement')} in evidence"


def _alerts(file: CaseFile) -> Iterable[Event]:
    of_day: dict[tuple[object, str], list[Row]] = {}
    for alert in file.alerts:
        name = alert["scenario_name"] or alert["scenario_id"]
        of_day.setdefault((file.local(alert["detected_at"]).date(), name), []).append(alert)
    for (_, name), alerts in of_day.items():
        last = max(alerts, key=lambda alert: (alert["detected_at"], alert["alert_id"]))
        times = "" if len(alerts) == 1 else f" {count(len(alerts), 'time')}, the last time on"
        seen = f"{count(last['transaction_count'], 'movement')} of {amount(last['amount'], file.case['base_currency'])}"
        yield last["detected_at"], _ALERT, f"{name}: fired{times or ' on'} {seen}"


def _acts(file: CaseFile) -> Iterable[Event]:
    for act in file.acts:
        void = " (without effect)" if act["violated_rule"] else ""
        yield act["decided_at"], _OFFICER, f"{act['officer_name'] or act['officer_id']} {_done(act)}{void}"


def _done(act: Row) -> str:
    done = _DONE.get(act["act"], spoken(act["act"]))
    if act["disposition"]:
        done += f": {spoken(act['disposition'])}"
    if act["assigned_to"]:
        done += f" to {act['assigned_to']}"
    return done + (", wrote the story" if act["narrative"] else "")
