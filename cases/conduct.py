"""Whether a case or an exemption allows an act, by the tables that dbt folds its acts by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from cases.errors import ActRefused, CaseUnknown
from cases.matters import CASES, Matter
from cases.unbuilt import Act
from lakehouse.errors import NotBuilt

REVIEWS = ("approved", "rejected")
# Whether the movements that an act names are in evidence after it.
EVIDENCE = {"evidence_added": True, "evidence_struck": False}
_UNKNOWN_MOVEMENTS = """
    select unnest($transaction_ids::varchar[]) as transaction_id
    except
    select transaction_id from lake.staging.stg_transactions
    order by transaction_id
"""


@dataclass(frozen=True)
class Transition:
    """Who may do an act in a status, and what follows: the next status, or the rule that it breaks."""

    who: str
    next_status: str
    rule: str | None


@dataclass(frozen=True)
class Standing:
    """What a case, or another matter, is for the next act: by its acts alone, those no build has folded yet included.

    ``proposer_id``: the officer whose proposal stands, such as the disposal of a case.
    """

    about_id: str
    status: str
    proposer_id: str | None
    last_decided_at: datetime | None
    narrator_id: str | None = None
    unbuilt: tuple[Act, ...] = ()
    moved: Mapping[str, bool] = field(default_factory=dict)
    """By movement whether it is in evidence, of those that ``unbuilt`` put in or took out."""


@dataclass(frozen=True)
class Conduct:
    """The rules of a matter as the lake has them."""

    matter: Matter
    transitions: Mapping[tuple[str, str], Transition]
    meanings: Mapping[str, str]
    ahead: timedelta | None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, day: date, matter: Matter = CASES) -> Conduct:
        """The rules of the newest build, as they are on ``day``.

        Raises:
            NotBuilt: no build has brought them yet.
        """
        try:
            rows = connection.execute(matter.transitions).fetchall()
            meanings = dict(connection.execute(matter.meanings).fetchall())
            ahead = connection.execute(matter.ahead, {"day": day}).fetchone()
        except duckdb.CatalogException as error:
            raise NotBuilt(f"the lake has no rules for acts yet: run 'vigil build --full-refresh' ({error})") from error
        transitions = {(act, status): Transition(*rest) for act, status, *rest in rows}
        minutes = ahead[0] if ahead else None
        return cls(matter, transitions, meanings, None if minutes is None else timedelta(minutes=minutes))

    def standing(self, connection: duckdb.DuckDBPyConnection, about_id: str, unbuilt: Iterable[Act]) -> Standing:
        """Where ``about_id`` stands after what was built and then ``unbuilt``.

        Raises:
            CaseUnknown: no build has made it.
        """
        row = connection.execute(self.matter.standing, {"about_id": about_id}).fetchone()
        if row is None:
            raise CaseUnknown(f"{self.matter.noun} {about_id!r} is not in the lake; {self.matter.remedy}")
        found = Standing(about_id, *row)
        for act in unbuilt:
            found = self._after(found, act, bool(_unknown(connection, act.transaction_ids)))
        return found

    def require(self, standing: Standing, act: str, officer_id: str, at: datetime) -> None:
        """Refuse an act that breaks a rule on the case as it stands; ``at`` is naive UTC.

        Raises:
            ActRefused: naming the rule and what to do.
        """
        if (rule := self._broken(standing, act, officer_id, at)) is not None:
            raise ActRefused(
                f"{self.matter.noun} {standing.about_id} is {standing.status} and cannot be {act} by {officer_id}: "
                f"{self.meanings[rule]} ({rule})"
            )
        if act in REVIEWS and standing.unbuilt:
            told = ", ".join(f"{each.act} by {each.officer_id}" for each in standing.unbuilt)
            raise ActRefused(
                f"{self.matter.noun} {standing.about_id} is not what the lake shows of it: {told}, which no build has "
                f"folded yet. Run 'vigil build', look at the {self.matter.noun} again, then review it."
            )

    def require_movements(
        self, connection: duckdb.DuckDBPyConnection, case_id: str, transaction_ids: Sequence[str]
    ) -> None:
        """Refuse evidence that is no movement of the bank.

        Raises:
            ActRefused: naming those that are none.
        """
        unknown = _unknown(connection, transaction_ids)
        if unknown or not transaction_ids:
            told = f"{', '.join(unknown)} is not in the lake's last build" if unknown else "no movement is named"
            rule = "evidence_without_movement"
            raise ActRefused(f"evidence of case {case_id}: {told}; {self.meanings[rule]} ({rule})")

    def require_text(self, case_id: str, rule: str, text: str) -> None:
        """Refuse an act that lacks what it is about.

        Raises:
            ActRefused: ``text`` is blank.
        """
        if not text.strip():
            raise ActRefused(f"case {case_id}: {self.meanings[rule]} ({rule})")

    def _broken(self, standing: Standing, act: str, officer_id: str, at: datetime) -> str | None:
        transition = self.transitions[act, standing.status]
        if standing.last_decided_at is not None and at < standing.last_decided_at:
            return "backdated"
        if transition.rule is None and transition.who == "another" and officer_id == standing.proposer_id:
            return "four_eyes"
        if transition.rule is None and act == "approved" and officer_id == standing.narrator_id:
            return "own_narrative"
        return transition.rule

    def _after(self, standing: Standing, act: Act, names_no_movement: bool) -> Standing:
        told = replace(standing, unbuilt=(*standing.unbuilt, act))
        # A message is stamped in milliseconds.
        if self.ahead is not None and act.decided_at >= act.sent_at + self.ahead + timedelta(milliseconds=1):
            return told
        told = replace(told, last_decided_at=max(act.decided_at, standing.last_decided_at or act.decided_at))
        if (
            (act.act, standing.status) not in self.transitions
            or self._broken(standing, act.act, act.officer_id, act.decided_at)
            or not act.content.strip()
            or (act.act in EVIDENCE and (names_no_movement or not act.transaction_ids))
        ):
            return told
        proposer = standing.proposer_id
        if act.act in self.matter.proposals | self.matter.withdrawals:
            proposer = act.officer_id if act.act in self.matter.proposals else None
        return replace(
            told,
            status=self.transitions[act.act, standing.status].next_status,
            proposer_id=proposer,
            narrator_id=act.officer_id if act.act in self.matter.texts else standing.narrator_id,
            moved={**standing.moved, **dict.fromkeys(act.transaction_ids, EVIDENCE[act.act])}
            if act.act in EVIDENCE
            else standing.moved,
        )


def _unknown(connection: duckdb.DuckDBPyConnection, transaction_ids: Sequence[str]) -> list[str]:
    """Those of them that are no movement of the bank."""
    if not transaction_ids:
        return []
    found = connection.execute(_UNKNOWN_MOVEMENTS, {"transaction_ids": transaction_ids}).fetchall()
    return [transaction_id for (transaction_id,) in found]


def movements_in_evidence(connection: duckdb.DuckDBPyConnection, standing: Standing) -> set[str]:
    """What stands in evidence by the newest build and what came after it."""
    rows: list[tuple[Any, ...]] = connection.execute(
        "select transaction_id from lake.str.case_evidence where case_id = $case_id and is_in_evidence",
        {"case_id": standing.about_id},
    ).fetchall()
    built = {transaction_id for (transaction_id,) in rows}
    return (built | {each for each, is_in in standing.moved.items() if is_in}) - {
        each for each, is_in in standing.moved.items() if not is_in
    }
