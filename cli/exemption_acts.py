"""What officers do on an exemption: events of the exemptions topic, refused where dbt would see a violation."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from cases.conduct import Conduct
from cases.events import send
from cases.matters import EXEMPTIONS
from cases.unbuilt import unbuilt
from cli.case_acts import AsRole, Officer, Reason, Role
from cli.console import AsJson, print_json, say
from cli.environment import client, lake
from cli.exemption import Exemption
from contracts.exemptions import TOPIC, act, exemption_id
from lakehouse.attach import connect


class Basis(StrEnum):
    """As what a party is exempt (31 CFR 1020.315(b))."""

    bank = "bank"
    government = "government"
    listed_company = "listed_company"
    listed_subsidiary = "listed_subsidiary"
    non_listed_business = "non_listed_business"
    payroll_customer = "payroll_customer"


Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First business day on which it holds.")]
Name = Annotated[str | None, typer.Option(help="Name of the officer; an approval's stands in the filing.")]
TradeName = Annotated[str | None, typer.Option(help="Trade name, where it differs from the legal one.")]
Assessed = Annotated[
    bool, typer.Option("--risk-assessed", help="The need of cash was assessed instead of two months as a customer.")
]
PriorNumber = Annotated[
    str | None, typer.Option(help="The regulator's number of the earlier filing, where that was not made here.")
]


def designate(
    party: Annotated[str, typer.Argument(help="The party that is to be exempt.")],
    basis: Annotated[Basis, typer.Option(help="As what.")],
    effective: Day,
    officer: Officer,
    reason: Reason,
    doing_business_as: TradeName = None,
    risk_assessed: Assessed = False,
    role: AsRole = Role.investigator,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Propose that a party's cash be reported no more; it counts once another officer approves."""
    about = exemption_id(party, basis.value, effective.date())
    more = {"party_id": party, "basis": basis.value, **_proposed(effective, reason, officer_name)}
    more |= {"doing_business_as": doing_business_as, "risk_assessed": risk_assessed or None}
    _act_on(about, "designated", officer, role, more, as_json=as_json)


def amend(
    exemption_id: Exemption,
    effective: Day,
    officer: Officer,
    reason: Reason,
    basis: Annotated[Basis | None, typer.Option(help="As what, where that changes.")] = None,
    doing_business_as: TradeName = None,
    risk_assessed: Assessed = False,
    prior_number: PriorNumber = None,
    role: AsRole = Role.investigator,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Propose to amend an exemption that is in force, from a day on."""
    more = {"basis": basis.value if basis else None, **_proposed(effective, reason, officer_name)}
    more |= {"doing_business_as": doing_business_as, "risk_assessed": risk_assessed or None}
    _act_on(exemption_id, "amended", officer, role, more | {"prior_document_number": prior_number}, as_json=as_json)


def revoke(
    exemption_id: Exemption,
    effective: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="First business day on which it no longer holds.")
    ],
    officer: Officer,
    reason: Reason,
    prior_number: PriorNumber = None,
    role: AsRole = Role.investigator,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Propose to end an exemption that is in force."""
    more = _proposed(effective, reason, officer_name) | {"prior_document_number": prior_number}
    _act_on(exemption_id, "revoked", officer, role, more, as_json=as_json)


def review(
    exemption_id: Exemption,
    officer: Officer,
    reason: Reason,
    role: AsRole = Role.investigator,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Record the yearly review of an exemption that still holds."""
    _act_on(exemption_id, "reviewed", officer, role, _told(reason, officer_name), as_json=as_json)


def approve(
    exemption_id: Exemption,
    officer: Officer,
    reason: Reason,
    role: AsRole = Role.mlro,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Approve what is proposed; not by the officer who proposed it."""
    _act_on(exemption_id, "approved", officer, role, _told(reason, officer_name), as_json=as_json)


def reject(
    exemption_id: Exemption,
    officer: Officer,
    reason: Reason,
    role: AsRole = Role.mlro,
    officer_name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Reject what is proposed; not by the officer who proposed it."""
    _act_on(exemption_id, "rejected", officer, role, _told(reason, officer_name), as_json=as_json)


COMMANDS = (designate, amend, revoke, review, approve, reject)


def _proposed(effective: datetime, reason: str, officer_name: str | None) -> dict[str, Any]:
    return {"effective_on": effective.date(), **_told(reason, officer_name)}


def _told(reason: str, officer_name: str | None) -> dict[str, Any]:
    return {"reason": reason, "officer_name": officer_name}


def _act_on(about: str, done: str, officer: str, role: Role, more: dict[str, Any], *, as_json: bool) -> None:
    """Put an act on the topic and print it, unless the exemption does not allow it.

    Raises:
        CaseError: it was refused, and nothing was sent.
    """
    with lake() as settings:
        assert settings.kafka_bootstrap_servers is not None
        reach = client(settings)
        now = datetime.now(UTC)
        with connect(settings, read_only=True) as connection:
            conduct = Conduct.of(connection, now.date(), EXEMPTIONS)
            waiting = unbuilt(connection, settings.kafka_bootstrap_servers, about, reach, EXEMPTIONS)
            conduct.require(conduct.standing(connection, about, waiting), done, officer, now.replace(tzinfo=None))
        event = act(about, done, officer, role.value, now, **more)
        ((partition, offset),) = send(settings.kafka_bootstrap_servers, TOPIC, [event], reach)
    if as_json:
        print_json(event | {"partition": partition, "offset": offset})
    else:
        say(f"{done}: {event['act_id']} on exemption {about} at {TOPIC}[{partition}]@{offset}")
        say("It counts from the next 'vigil build', which lands it first.")
