"""Whatever bytes come: no crash, each message lands or is rejected with its reason, and its neighbours land."""

from __future__ import annotations

import random
from functools import partial

import pytest
from decoding_of import decode
from hostility import MESSAGES, TESTS, endure
from landing_bench import party
from mutations import mutated

from contracts import Contract, contract_for
from sinks.decoding.blocks import BLOCK
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_rows import decode_rows


def movement(number: int) -> bytes:
    """A valid message of bank.transactions."""
    return (
        b'{"transaction_id":"T%d","idempotency_key":"T%d-1","end_to_end_id":"E%d","account_id":"A1","direction":"credit",'
        b'"booked_at":"2026-01-31T13:45:00.123456Z","method":"cash","instructed_amount":"12.5","instructed_currency":"EUR",'
        b'"settled_amount":"12.5","settled_currency":"EUR","debtor_name":"Jos\\u00e9 \xc3\xa9 \xf0\x9f\x98\x80"}'
    ) % (number, number, number)


@pytest.mark.parametrize(
    ("contract", "valid"),
    [
        (contract_for("bank.transactions"), [movement(number) for number in range(50)]),
        (contract_for("bank.parties"), [party(number, addresses=[{"town": "Łódź"}]) for number in range(50)]),
    ],
    ids=lambda each: each.topic if isinstance(each, Contract) else "",
)
def test_each_lands_or_is_rejected(contract: Contract, valid: list[bytes]) -> None:
    chosen = random.Random(7)
    found = endure(JsonDecoder(contract), mutated(chosen, valid), valid, chosen, partial(decode_rows, contract))
    # Both happen, or the mutations have lost their bite.
    assert found.landed > MESSAGES // TESTS // 100
    assert found.reasons.total() > MESSAGES // TESTS // 10
    found.require_no_growth()


def test_one_message_may_be_ten_megabytes() -> None:
    contract = contract_for("bank.transactions")
    decoder = JsonDecoder(contract)
    large = movement(1).replace(b'"cash"', b'"cash","remittance_information":"' + b"x" * 10_000_000 + b'"')
    deep = movement(2).replace(b'"cash"', b'"cash","unknown":' + b"[" * 10_000_000)
    values = [movement(number) for number in range(BLOCK)] + [large, deep, movement(3)]
    decoded = decode(decoder, values, [None] * len(values))
    assert [each.reason for each in decoded.rejected] == ["malformed"]
    assert decoded.rejected[0].position == BLOCK + 1
    assert len(decoded.table.column("remittance_information")[BLOCK].as_py()) == 10_000_000
