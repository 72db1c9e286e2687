"""A small bank whose events are put into the landing tables directly, as the sink would leave them."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from contracts import contract_for
from lakehouse.schema import landing_columns

PARTITIONS = 3
FIRST_DAY = date(2026, 1, 5)  # a Monday


@dataclass(frozen=True)
class Event:
    """One message: its topic and the landing row it becomes."""

    topic: str
    row: dict[str, Any]

    @property
    def sent_at(self) -> datetime:
        """When it was sent, naive UTC."""
        stamp: datetime = self.row["_timestamp"]
        return stamp


def at(day: int, hour: int = 15, minute: int = 0) -> datetime:
    """A moment ``day`` days after FIRST_DAY, naive UTC; 15:00 UTC is 10:00 in New York in winter."""
    return datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=day, hours=hour, minutes=minute)


@dataclass
class Bank:
    """Collects events in the order in which they are sent."""

    events: list[Event] = field(default_factory=list)
    _offsets: Counter[tuple[str, int]] = field(default_factory=Counter)
    _serial: int = 0

    def send(self, topic: str, sent_at: datetime, **fields: Any) -> Event:
        """Send an event; fields that are not given are null."""
        contract = contract_for(topic)
        key = str(fields[contract.key])
        partition = zlib.crc32(key.encode()) % PARTITIONS
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += 1
        row = {f.name: fields.pop(f.name, None) for f in contract.fields}
        tombstone = fields.pop("tombstone", False)
        assert not fields, f"{topic} has no field {', '.join(fields)}"
        row |= {
            "_extra": None,
            "_tombstone": tombstone,
            "_partition": partition,
            "_offset": offset,
            "_timestamp": sent_at,
            "_key": key,
            "_headers": None,
            "_landed_at": sent_at,
        }
        event = Event(topic, row)
        self.events.append(event)
        return event

    def person(self, party_id: str, segment: str = "retail", turnover: int | None = 4000, **fields: Any) -> None:
        """A natural person with a complete file."""
        self.send(
            "bank.parties",
            at(0, 5),
            **{
                "party_id": party_id,
                "party_type": "natural_person",
                "name": f"Name of {party_id}",
                "segment": segment,
                "expected_monthly_turnover": None if turnover is None else Decimal(turnover),
                "expected_turnover_currency": "USD",
                "onboarded_on": date(2024, 1, 2),
                "status": "active",
                "updated_at": at(0, 5),
            }
            | fields,
        )

    def account(self, account_id: str, *holders: str, **fields: Any) -> None:
        """An account; the first holder is the main one, the others are joint holders."""
        roles = ["holder", *["joint_holder"] * (len(holders) - 1)]
        self.send(
            "bank.accounts",
            at(0, 5),
            **{
                "account_id": account_id,
                "currency": "USD",
                "branch_id": "B0",
                "opened_on": date(2024, 1, 2),
                "status": "active",
                "parties": [{"party_id": p, "role": r} for p, r in zip(holders, roles, strict=True)],
                "updated_at": at(0, 5),
            }
            | fields,
        )

    def customer(self, name: str, segment: str = "retail", turnover: int | None = 4000, **account: Any) -> str:
        """A person ``P-name`` with an account ``A-name``; returns the account's id."""
        self.person(f"P-{name}", segment, turnover)
        self.account(f"A-{name}", f"P-{name}", **account)
        return f"A-{name}"

    def move(self, account_id: str, direction: str, amount: int | str, when: datetime, **fields: Any) -> Event:
        """One posted movement."""
        self._serial += 1
        return self.send(
            "bank.transactions",
            when,
            **{
                "transaction_id": f"T{self._serial:06}",
                "idempotency_key": f"K{self._serial:06}",
                "end_to_end_id": f"E{self._serial:06}",
                "account_id": account_id,
                "direction": direction,
                "booked_at": when,
                "method": "credit_transfer",
                "instructed_amount": Decimal(amount),
                "instructed_currency": "USD",
                "settled_amount": Decimal(amount),
                "settled_currency": "USD",
            }
            | fields,
        )

    def deposit(self, account_id: str, amount: int | str, when: datetime, branch: str = "B0", **fields: Any) -> Event:
        """Cash paid in at a branch."""
        return self.move(
            account_id,
            "credit",
            amount,
            when,
            **{"method": "cash", "channel": "branch", "branch_id": branch, "place_town": f"Town of {branch}"} | fields,
        )

    def withdraw(self, account_id: str, amount: int | str, when: datetime, branch: str = "B0", **fields: Any) -> Event:
        """Cash taken out at a branch."""
        return self.move(
            account_id,
            "debit",
            amount,
            when,
            **{"method": "cash", "channel": "branch", "branch_id": branch, "place_town": f"Town of {branch}"} | fields,
        )

    def transfer(self, debtor: str, creditor: str, amount: int | str, when: datetime) -> None:
        """A transfer; each side that is one of the bank's accounts (``A-…``) gets its movement."""
        sides = {"debtor_account_id": debtor, "creditor_account_id": creditor}
        end_to_end_id = f"E{self._serial + 1:06}"
        if debtor.startswith("A-"):
            self.move(debtor, "debit", amount, when, end_to_end_id=end_to_end_id, **sides)
        if creditor.startswith("A-"):
            self.move(creditor, "credit", amount, when, end_to_end_id=end_to_end_id, **sides)

    def decide(self, case_id: str, act: str, officer: str, when: datetime, **fields: Any) -> str:
        """An officer's act on a case, dated when it is sent unless fields say otherwise; returns its identifier."""
        self._serial += 1
        sent = {
            "decision_id": f"D{self._serial:06}",
            "case_id": case_id,
            "act": act,
            "officer_id": officer,
            "officer_name": f"Name of {officer}",
            "officer_role": "investigator",
            "decided_at": when,
        } | fields
        self.send("compliance.decisions", when, **sent)
        return str(sent["decision_id"])

    def rate(self, pair: str, rate: str, day: date, published_at: datetime | None = None) -> None:
        """A day's exchange rate."""
        base, quote = pair.split("/")
        self.send(
            "reference.fx-rates",
            published_at or datetime.combine(day, datetime.min.time()),
            pair=pair,
            base_currency=base,
            quote_currency=quote,
            rate=Decimal(rate),
            rate_date=day,
            published_at=published_at or datetime.combine(day, datetime.min.time()),
        )


def land(connection: duckdb.DuckDBPyConnection, events: list[Event]) -> None:
    """Commit the events to their landing tables, one transaction a topic."""
    for topic in sorted({event.topic for event in events}):
        contract = contract_for(topic)
        rows = pa.Table.from_pylist([event.row for event in events if event.topic == topic], schema=_schema(topic))
        connection.register("landed_rows", rows)
        columns = ", ".join(f'"{name}"' for name in landing_columns(contract))
        connection.execute(f"insert into lake.landing.{contract.table} by name select {columns} from landed_rows")
        connection.unregister("landed_rows")


def now(events: list[Event]) -> datetime:
    """The moment after the last of the events, as a filing's clock would show it."""
    return max(event.sent_at for event in events).replace(tzinfo=UTC)


def _schema(topic: str) -> pa.Schema:
    """The Arrow schema of a topic's landing rows."""
    empty = duckdb.sql(
        "select "
        + ", ".join(f'null::{kind} as "{name}"' for name, kind in landing_columns(contract_for(topic)).items())
        + " where false"
    )
    return empty.to_arrow_table().schema
