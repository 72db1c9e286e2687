"""A case as a filing sees it: the rpt_ rows of one case at one pin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class CaseFile:
    """All that a filing prints, as read.

    Each row maps the columns of its rpt_ table to Python values (Decimal, date, naive UTC datetime, lists of dicts) and
    carries ``_label``, the words by which an error names it, such as ``party P-1``.

    ``corrects`` is the reference of the filing in whose place this one is made, None for any other. ``known_then`` are
    the movements that the case had at the pins of earlier filings, by their references; none for forms that do not ask.
    """

    pin: int
    entity: Row
    case: Row
    alerts: tuple[Row, ...]
    acts: tuple[Row, ...]
    parties: Mapping[str, Row]
    accounts: Mapping[str, Row]
    transactions: tuple[Row, ...]
    corrects: str | None = None
    known_then: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def case_id(self) -> str:
        return str(self.case["case_id"])

    @property
    def zone(self) -> ZoneInfo:
        """The reporting entity's zone, in which days are counted."""
        return ZoneInfo(self.entity["time_zone"])

    def local(self, moment: datetime) -> datetime:
        """A naive UTC time of the lake as naive local time of the reporting entity."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)

    @property
    def approved_on(self) -> date:
        """The local day of the approval: the date of the filing, and the last day it can know of."""
        return self.local(self.case["approved_at"]).date()

    @property
    def filed_on(self) -> date:
        """The day the filing bears."""
        return self.approved_on

    @property
    def told(self) -> str:
        """What the filing is about, in words."""
        return f"case {self.case_id}"

    @property
    def subjects(self) -> list[Row]:
        return [party for party in self.parties.values() if party["is_subject"]]

    def prior(self, profile: str) -> Row | None:
        """The last filing of the case under ``profile`` that the regulator has acknowledged, None if there is none."""
        taken = [filing for filing in self._answered(profile) if filing["regulator_reference"] is not None]
        return taken[-1] if taken else None

    def corrected(self, profile: str) -> Row | None:
        """The acknowledged filing that this one corrects. In the place of one that was returned it corrects what that
        corrected; None where nothing is corrected that the regulator has."""
        answered = {filing["filing_ref"]: filing for filing in self._answered(profile)}
        at = answered.get(self.corrects)
        while at is not None and at["regulator_reference"] is None:
            at = answered.get(at["corrects"])
        return at

    def _answered(self, profile: str) -> list[Row]:
        return [filing for filing in self.case["prior_filings"] or [] if filing["profile"] == profile]

    def holders(self, account: Row) -> list[Row]:
        """The known holders of an account, the main holder first."""
        order = {"holder": 0, "joint_holder": 1}
        links = sorted(
            (link for link in account["parties"] or [] if link["role"] in order), key=lambda link: order[link["role"]]
        )
        return [self.parties[link["party_id"]] for link in links if link["party_id"] in self.parties]

    @cached_property
    def held(self) -> Mapping[str, list[Row]]:
        """The accounts that each known party holds, by its party_id."""
        found: dict[str, list[Row]] = {}
        for account in self.accounts.values():
            for party_id in {holder["party_id"] for holder in self.holders(account)}:
                found.setdefault(party_id, []).append(account)
        return found

    def total(self, direction: str) -> Decimal:
        """Sum of the movements of that direction, in base currency."""
        amounts = (row["base_amount"] for row in self.transactions if row["direction"] == direction)
        return sum((amount for amount in amounts if amount is not None), Decimal(0))
