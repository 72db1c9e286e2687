"""What the producer sends: a message for every number, good or bad, so that what landed can be held against it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

Bad = tuple[bytes, str]


@dataclass(frozen=True)
class Feed:
    """A topic, its first number of partitions, and the column that holds a message's id.

    ``good`` and ``bad`` make the message of a number; ``bad`` also says why it must become a dead letter.
    """

    topic: str
    partitions: int
    column: str
    good: Callable[[int], bytes]
    bad: Callable[[int], Bad]

    @property
    def prefix(self) -> str:
        """What stands before the number in an id."""
        return f"{self.column}-"


def party(number: int, **changed: object) -> bytes:
    """A natural person."""
    event = {
        "party_id": f"party_id-{number}",
        "party_type": "natural_person",
        "name": f"Łucja {number}",
        "status": "active",
        "expected_monthly_turnover": "1250.0000",
        "updated_at": "2026-01-31T13:45:00.123456Z",
    }
    return json.dumps(event | changed, ensure_ascii=number % 2 == 0).encode()


def movement(number: int, **changed: object) -> bytes:
    """A credit transfer."""
    event = {
        "transaction_id": f"transaction_id-{number}",
        "idempotency_key": f"{number}-1",
        "end_to_end_id": f"E{number}",
        "account_id": f"A{number % 500}",
        "direction": "credit",
        "booked_at": "2026-01-31T13:45:00.123456Z",
        "method": "credit_transfer",
        "instructed_amount": f"{number % 9_000}.{number % 100:02d}",
        "instructed_currency": "EUR",
        "settled_amount": f"{number % 9_000}.{number % 100:02d}",
        "settled_currency": "EUR",
    }
    return json.dumps(event | changed).encode()


def rate(number: int, **changed: object) -> bytes:
    """A day's rate of a pair."""
    event = {
        "pair": f"pair-{number}",
        "base_currency": "EUR",
        "quote_currency": "USD",
        "rate": "1.08000000",
        "rate_date": "2026-01-31",
        "published_at": "2026-01-31T15:00:00Z",
    }
    return json.dumps(event | changed).encode()


def _bad_json(make: Callable[..., bytes], required: str, amount: str, moment: str) -> Callable[[int], Bad]:
    """What can be wrong with a JSON message; which of it a number has is the number's to say."""

    def bad(number: int) -> Bad:
        fine = make(number)
        faults: list[Bad] = [
            (b"", "empty"),
            (fine[:-1], "malformed"),
            (fine.replace(b'"' + required.encode(), b'"\xff' + required.encode(), 1), "not_utf8"),
            (b"[" + fine + b"]", "not_an_object"),
            (fine[:-1] + b',"%s":"again"}' % required.encode(), "duplicate_field"),
            (make(number, **{required: None}), "missing_field"),
            (make(number, **{required: {"is": number}}), "wrong_type"),
            (make(number, **{amount: "1" * 400}), "out_of_range"),
            (make(number, **{moment: "10000-01-01T00:00:00Z"}), "out_of_range"),
        ]
        return faults[number % len(faults)]

    return bad


FEEDS = (
    Feed(
        "bank.transactions", 4, "transaction_id", movement, _bad_json(movement, "method", "settled_amount", "booked_at")
    ),
    Feed("bank.parties", 2, "party_id", party, _bad_json(party, "name", "expected_monthly_turnover", "updated_at")),
    Feed("reference.fx-rates", 1, "pair", rate, _bad_json(rate, "base_currency", "rate", "published_at")),
)
