"""Learned priorities in the lake: each version for ever, and the role that a person gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import duckdb
import orjson

from detection.errors import NoSuchModel
from detection.priority.model import Model
from lakehouse.transactions import insist, transaction

Given = TypeVar("Given")
# The last word on each version.
_ROLES = """
    select * from lake.ledger.priority_roles
    qualify row_number() over (partition by version order by since desc) = 1
"""


class Role(StrEnum):
    """What a version does: the champion orders the queue, challengers score beside it, the rest is history."""

    champion = "champion"
    challenger = "challenger"
    retired = "retired"


@dataclass(frozen=True)
class Version:
    """One training.

    ``labels``: what taught it; ``pin``: the newest snapshot it could read; ``card``: the model card.
    """

    version: int
    role: Role
    since: datetime
    given_by: str
    reason: str
    trained_at: datetime
    pin: int
    labels: str
    card: dict[str, Any]


def save(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    labels: str,
    pin: int,
    card: Mapping[str, Any],
    *,
    trained_at: datetime,
    trained_by: str,
) -> int:
    """Keep a model as a challenger and return its version, one more than the newest."""

    def keep() -> int:
        (number,) = connection.execute(
            "select coalesce(max(version), 0) + 1 from lake.ledger.priority_models"
        ).fetchall()[0]
        connection.execute(
            "insert into lake.ledger.priority_models values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                number, trained_at, pin, labels, list(model.features), model.booster, model.slope, model.intercept,
                orjson.dumps(card).decode(),
            ],
        )  # fmt: skip
        _give(connection, number, Role.challenger, trained_at, trained_by, "trained")
        return int(number)

    return _in_turn(connection, keep)


def versions(connection: duckdb.DuckDBPyConnection) -> list[Version]:
    """All versions, newest first."""
    found = connection.execute(
        f"""
        select version, role, since, given_by, reason, trained_at, pin, labels, card
        from lake.ledger.priority_models
        join ({_ROLES}) using (version)
        order by version desc
        """  # noqa: S608
    ).fetchall()
    return [
        Version(number, Role(role), since, given_by, reason, trained_at, pin, labels, orjson.loads(card))
        for number, role, since, given_by, reason, trained_at, pin, labels, card in found
    ]


def version(connection: duckdb.DuckDBPyConnection, number: int) -> Version:
    """One version.

    Raises:
        NoSuchModel: it was never trained.
    """
    known = {each.version: each for each in versions(connection)}
    if number not in known:
        there = ", ".join(map(str, sorted(known))) or "none: run 'vigil priority train'"
        raise NoSuchModel(f"there is no version {number} of the learned priority; there is {there}")
    return known[number]


def champion(connection: duckdb.DuckDBPyConnection) -> Version | None:
    """The version that orders the queue, if one does."""
    return next((each for each in versions(connection) if each.role is Role.champion), None)


def model(connection: duckdb.DuckDBPyConnection, number: int) -> Model:
    """The trees of a version that there is."""
    ((features, *rest),) = connection.execute(
        "select features, booster, slope, intercept from lake.ledger.priority_models where version = ?", [number]
    ).fetchall()
    return Model(tuple(features), *rest)


def live_models(connection: duckdb.DuckDBPyConnection, pin: int) -> dict[int, Model]:
    """The trees of champion and challengers as of snapshot ``pin``, by version; none in a lake of before."""
    try:
        found = connection.execute(
            f"""
            select version from lake.ledger.priority_roles at (version => {int(pin)})
            group by version
            having arg_max(role, since) <> 'retired'
            """  # noqa: S608
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return {number: model(connection, number) for (number,) in found}


def give_role(
    connection: duckdb.DuckDBPyConnection, number: int, role: Role, *, at: datetime, by: str, reason: str
) -> None:
    """Give a version its role from now on; a new champion makes the one before it a challenger.

    Raises:
        NoSuchModel: it was never trained.
    """

    def give() -> None:
        asked, before = version(connection, number), champion(connection)
        if role is Role.champion and before and before.version != asked.version:
            _give(connection, before.version, Role.challenger, at, by, f"version {number} became the champion")
        _give(connection, number, role, at, by, reason)

    _in_turn(connection, give)


def _give(connection: duckdb.DuckDBPyConnection, number: int, role: Role, at: datetime, by: str, reason: str) -> None:
    """The last word, whatever the clock of the machine that gave the one before."""
    connection.execute(
        """
        insert into lake.ledger.priority_roles
        select $version, $role, greatest($at, max(since) + interval 1 microsecond), $by, $reason
        from lake.ledger.priority_roles
        """,
        {"version": number, "role": role.value, "at": at, "by": by, "reason": reason},
    )


def _in_turn(connection: duckdb.DuckDBPyConnection, act: Callable[[], Given]) -> Given:
    """In a transaction that no other of its kind, and none that registers partitions, overlaps.

    Raises:
        duckdb.TransactionException: others came first every time.
    """

    def make() -> Given:
        with transaction(connection):
            # Two inserts never conflict, two updates of one row do.
            connection.execute("update lake.ledger.registry set registrations = registrations + 1")
            return act()

    return insist(make)
