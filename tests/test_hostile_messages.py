"""Whatever bytes come: no crash, each message lands or is rejected with its reason, and its neighbours land."""

from __future__ import annotations

import os
import random
import resource
from itertools import islice

import pytest
from decoding_of import decode
from landing_bench import party
from mutations import mutated

from contracts import Contract, contract_for
from sinks.decoding.blocks import BLOCK
from sinks.decoding.decoder import REASONS
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_rows import decode_rows

# A longer run: VIGIL_HOSTILE_MESSAGES=1000000 pytest tests/test_hostile_messages.py
MESSAGES = int(os.environ.get("VIGIL_HOSTILE_MESSAGES", "20000"))
BATCH = 1_000


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
    hostile = mutated(chosen, valid)
    decoder = JsonDecoder(contract)
    clean = decode(decoder, valid, [None] * len(valid)).table.to_pylist()
    landed = rejected = 0
    most = []
    for _ in range(MESSAGES // BATCH):
        values: list[bytes | None] = [*islice(hostile, BATCH), *valid]
        decoded = decode(decoder, values, [None] * len(values))
        fates = sorted([*decoded.positions.tolist(), *(each.position for each in decoded.rejected)])
        assert fates == list(range(len(values)))
        assert {each.reason for each in decoded.rejected} <= set(REASONS)
        assert decoded.table.num_rows == len(decoded.positions)
        assert decoded.table.to_pylist()[-len(valid) :] == clean
        decoded.table.validate(full=True)
        landed += len(decoded.positions) - len(valid)
        rejected += len(decoded.rejected)
        some = chosen.sample(range(BATCH), 20)
        alone = decode_rows(contract, [values[i] for i in some], [None] * len(some))
        together = {int(place): row for place, row in zip(decoded.positions, decoded.table.to_pylist(), strict=True)}
        assert [together[some[i]] for i in alone.positions] == alone.table.to_pylist()
        most.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    # Both happen, or the mutations have lost their bite.
    assert landed > MESSAGES // 100
    assert rejected > MESSAGES // 10
    # No growth: after the first half, what is ever held hardly rises.
    assert most[-1] < most[len(most) // 2] * 1.1


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
