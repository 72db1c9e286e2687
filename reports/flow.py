"""Where the money came from and went: the drawings of a case's flow, in millimetres, for the PDF pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from reports.casefile import CaseFile, Row
from reports.words import amount, count, day, short_day, shortened

_HEIGHT = 58.0  # of the larger side's bars together
_SLOT = 7.8  # what a label of two lines needs
_GAP = 1.6
_ACCOUNT_GAP = 9.0  # what an account's label above its bar needs
_NAMED = 8
_ACCOUNTS = 10
_LABEL = 36  # columns of text beside or above a bar; the whole name stands in the table of movements
_DAYS = 48  # bars side by side at most; a longer period is drawn by several days a bar
_TALLEST = 15.0

Pairs = dict[tuple[str, str], Decimal]


@dataclass
class _Bar:
    label: str
    value: Decimal
    y: float
    thickness: float


def flow(file: CaseFile) -> dict[str, Any] | None:
    """Bars and ribbons from sources over the bank's accounts to targets; None where no amount is known.

    ``height`` is that of the drawing; ``sources``, ``accounts`` and ``targets`` are bars from the top (y, thickness,
    label, amount); each of ``ribbons`` joins an outer bar to an account's (side, outer_y, account_y, thickness).
    """
    drawn = _accounts(file)
    pairs = {side: _pairs(file, side, drawn) for side in ("credit", "debit")}
    largest = max(sum(found.values(), Decimal(0)) for found in pairs.values())
    if not largest:
        return None
    scale = _HEIGHT / float(largest)
    accounts = {account for found in pairs.values() for _, account in found}
    passed = {account: max(_of(found, 1, account) for found in pairs.values()) for account in sorted(accounts)}
    columns = {side: _column({name: _of(found, 0, name) for name, _ in found}, scale) for side, found in pairs.items()}
    middle = _column(passed, scale, least=0.0, gap=_ACCOUNT_GAP, top=_ACCOUNT_GAP)
    height = max(_bottom(column) for column in (middle, *columns.values()))
    for column in (middle, *columns.values()):
        lower = (height - _bottom(column)) / 2
        for bar in column:
            bar.y += lower
    currency = file.case["base_currency"]
    numbers = {key: str(account["account_number"] or key) for key, account in file.accounts.items()}
    return {
        "height": height,
        "sources": [_drawn(bar, bar.label, currency) for bar in columns["credit"]],
        "accounts": [_drawn(bar, numbers.get(bar.label, bar.label), currency) for bar in middle],
        "targets": [_drawn(bar, bar.label, currency) for bar in columns["debit"]],
        "ribbons": [
            ribbon for side, column in columns.items() for ribbon in _ribbons(side, pairs[side], column, middle, scale)
        ],
    }


def _accounts(file: CaseFile) -> dict[str, str]:
    """The bar of each account: its own, or for the smaller ones beyond the tenth one of all."""
    passed: dict[str, dict[str, Decimal]] = {}
    for row in file.transactions:
        sums = passed.setdefault(row["account_id"], {"credit": Decimal(0), "debit": Decimal(0)})
        sums[row["direction"]] += row["base_amount"] or Decimal(0)
    ranked = sorted(passed, key=lambda account: (-max(passed[account].values()), account))
    few = ranked if len(ranked) <= _ACCOUNTS else ranked[: _ACCOUNTS - 1]
    rest = count(len(ranked) - len(few), "other account")
    return {account: account if account in few else rest for account in ranked}


def _pairs(file: CaseFile, side: str, drawn: Mapping[str, str]) -> Pairs:
    """Amounts by outer end and account's bar, largest end first; the smaller ends beyond the eighth are one."""
    found: Pairs = {}
    for row in file.transactions:
        if row["direction"] == side and row["base_amount"]:
            key = (_outer(row), drawn[row["account_id"]])
            found[key] = found.get(key, Decimal(0)) + row["base_amount"]
    totals = {name: _of(found, 0, name) for name, _ in found}
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    few = ranked if len(ranked) <= _NAMED else ranked[: _NAMED - 1]
    rest = count(len(ranked) - len(few), "other")
    folded: Pairs = {}
    for (name, account), value in sorted(found.items(), key=lambda item: (ranked.index(item[0][0]), item[0][1])):
        key = (name if name in few else rest, account)
        folded[key] = folded.get(key, Decimal(0)) + value
    return folded


def _outer(row: Row) -> str:
    """Who is at the other end: in cash the hand that brought or took it."""
    if row["method"] == "cash":
        return f"Cash · {row['conductor_name'] or 'conductor not recorded'}"
    name = row["debtor_name"] if row["direction"] == "credit" else row["creditor_name"]
    return str(name or f"{row['method'].replace('_', ' ')}, name not recorded")


def _of(pairs: Mapping[tuple[str, str], Decimal], place: int, name: str) -> Decimal:
    return sum((value for key, value in pairs.items() if key[place] == name), Decimal(0))


def _column(
    values: Mapping[str, Decimal], scale: float, *, least: float = _SLOT, gap: float = _GAP, top: float = 0.0
) -> list[_Bar]:
    bars = []
    y = top
    for label, value in values.items():
        thickness = scale * float(value)
        slot = max(thickness, least)
        bars.append(_Bar(label, value, y + (slot - thickness) / 2, thickness))
        y += slot + gap
    return bars


def _bottom(column: list[_Bar]) -> float:
    """Where the last label or bar of a column ends."""
    return max((bar.y + bar.thickness / 2 + max(bar.thickness, _SLOT) / 2 for bar in column), default=0.0)


def _ribbons(side: str, pairs: Pairs, column: list[_Bar], middle: list[_Bar], scale: float) -> list[dict[str, Any]]:
    # An account's ribbons of one side lie together, in the middle of its bar.
    at = {bar.label: bar.y + (bar.thickness - scale * float(_of(pairs, 1, bar.label))) / 2 for bar in middle}
    found = []
    for outer in column:
        y = outer.y
        for account in middle:
            if value := pairs.get((outer.label, account.label)):
                thickness = scale * float(value)
                found.append({"side": side, "outer_y": y, "account_y": at[account.label], "thickness": thickness})
                y += thickness
                at[account.label] += thickness
    return found


def _drawn(bar: _Bar, label: str, currency: str) -> dict[str, Any]:
    label = shortened(label, _LABEL)
    return {"y": bar.y, "thickness": bar.thickness, "label": label, "amount": amount(bar.value, currency)}


def days(file: CaseFile) -> dict[str, Any] | None:
    """A bar up for what came in and one down for what went out, for each day or few days; None without movements."""
    if not file.transactions:
        return None
    dated = [(file.local(row["booked_at"]).date(), row) for row in file.transactions]
    first, last = min(on for on, _ in dated), max(on for on, _ in dated)
    step = -(-((last - first).days + 1) // _DAYS)
    sums = [{"credit": Decimal(0), "debit": Decimal(0)} for _ in range((last - first).days // step + 1)]
    for on, row in dated:
        sums[(on - first).days // step][row["direction"]] += row["base_amount"] or Decimal(0)
    largest = max(value for bucket in sums for value in bucket.values()) or Decimal(1)
    scale = _TALLEST / float(largest)
    return {
        "first": day(first),
        "last": day(last),
        "step": step,
        "largest": amount(largest, file.case["base_currency"]),
        "above": max(scale * float(bucket["credit"]) for bucket in sums),
        "below": max(scale * float(bucket["debit"]) for bucket in sums),
        "bars": [
            {
                "in": scale * float(bucket["credit"]),
                "out": scale * float(bucket["debit"]),
                "label": short_day(first + timedelta(days=place * step)),
            }
            for place, bucket in enumerate(sums)
        ],
    }
