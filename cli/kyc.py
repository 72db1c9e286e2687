"""vigil kyc: customers, what is known of them and was known on a day, who owns them, and whose review is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.console import AsJson, answer, print_json, print_rows
from cli.environment import lake
from cli.query import rows
from lakehouse.attach import connect
from lakehouse.errors import LakeError

app = typer.Typer(help="List customers, show one and its owners, and whose review is due.", no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]

_CUSTOMERS = """
    select party_id, name, segment, risk_rating, risk_score, completeness, missing, standing_alerts, review_due, overdue
    from lake.kyc.parties
    where is_customer and ($rating is null or risk_rating = $rating)
    order by risk_score desc, party_id
    limit $limit
"""
_REVIEWS = """
    select party_id, name, segment, risk_rating, review_due, overdue, as_of_day
    from lake.kyc.parties
    where is_customer and (overdue or $everyone)
    order by review_due nulls first, party_id
    limit $limit
"""
_STATE = """
    select * from lake.kyc.party_history
    where
        party_id = $party_id
        and valid_from < $valid and coalesce(valid_to >= $valid, true)
        and known_from < $known and coalesce(known_to >= $known, true)
"""
_NEWEST = """
    select * from lake.kyc.party_history
    where party_id = $party_id and known_to is null
    order by valid_from desc
    limit 1
"""
_PARTS = {
    "accounts": """
        select account_id, account_type, currency, status, opened_on, party.role
        from (
            select *, unnest(parties) as party from lake.kyc.account_history
            where
                valid_from < $valid and coalesce(valid_to >= $valid, true)
                and known_from < $known and coalesce(known_to >= $known, true)
        )
        where party.party_id = $party_id
        order by account_id
    """,
    "interests": """
        select entity_id, owner_id, control_kind, share_percent, held_from, held_to from lake.kyc.ownership_history
        where
            $party_id in (entity_id, owner_id)
            and valid_from < $valid and coalesce(valid_to >= $valid, true)
            and known_from < $known and coalesce(known_to >= $known, true)
        order by all
    """,
}
_NOW = {
    "rating": "select * from lake.kyc.parties where party_id = $party_id",
    "missing": """
        select field, source from lake.kyc.file_fields where party_id = $party_id and not is_there order by field
    """,
    "owners": "select * from lake.kyc.beneficial_owners where entity_id = $party_id order by percent desc, owner_id",
    "owned": "select * from lake.kyc.owned_entities where entity_id = $party_id",
    "findings": "select * from lake.kyc.ownership_findings where $party_id in (entity_id, owner_id) order by all",
}
_EVER = datetime(9999, 12, 31)


class Rating(StrEnum):
    """What a customer can be rated."""

    low = "low"
    medium = "medium"
    high = "high"


@app.command("list")
def list_customers(
    rating: Annotated[Rating | None, typer.Option(help="Only those of this rating.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List customers with what their files lack, those with the highest risk score first."""
    asked = {"rating": rating.value if rating else None, "limit": limit}
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _CUSTOMERS, asked)
    answer(found, as_json=as_json, title="customers")


@app.command()
def reviews(
    everyone: Annotated[bool, typer.Option("--all", help="Also those that are not overdue.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List customers whose review is overdue, the longest first; those without any date come before all."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _REVIEWS, {"everyone": everyone, "limit": limit})
    answer(found, as_json=as_json, title="reviews")


@app.command()
def show(
    party_id: Annotated[str, typer.Argument(help="The party's identifier.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The file as it held at the end of this day (UTC), its rating left out."
        ),
    ] = None,
    known: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="By what had landed by the end of this day (UTC); by now if none."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one party whole: file, accounts, interests; without a day also rating, missing fields and owners."""
    asked = {"party_id": party_id, "valid": _end(as_of), "known": _end(known)}
    with lake() as settings, connect(settings, read_only=True) as connection:
        by_day = as_of is not None or known is not None
        states = rows(connection, _STATE if by_day else _NEWEST, asked if by_day else {"party_id": party_id})
        if not states:
            raise LakeError(
                f"nothing is known of party {party_id!r} on that day; 'vigil kyc list' shows the customers, "
                "and without --as-of and --known a deleted party is shown as it was last"
            )
        parts = {name: rows(connection, query, asked) for name, query in _PARTS.items()}
        if not by_day:
            parts |= {name: rows(connection, query, {"party_id": party_id}) for name, query in _NOW.items()}
    _print(party_id, states[0], parts, as_json=as_json)


def _end(day: datetime | None) -> datetime:
    return day + timedelta(days=1) if day else _EVER


def _print(party_id: str, state: dict[str, Any], parts: dict[str, list[dict[str, Any]]], *, as_json: bool) -> None:
    if as_json:
        print_json(state | parts)
        return
    print_rows(({"field": name, "value": value} for name, value in state.items()), title=party_id)
    for name, found in parts.items():
        print_rows(found, title=name)
