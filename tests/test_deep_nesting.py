"""A message that is nested deeper than Python's stack takes is a dead letter; the sink goes on."""

from __future__ import annotations

import json

import pytest
from decoding_of import decode
from landing_bench import party

from contracts import contract_for
from sinks.config import SinkConfig
from sinks.decoding.formats import decoder_for

CONTRACT = contract_for("bank.parties")
PLAIN, EVENTS = (
    decoder_for(CONTRACT, SinkConfig.parse({"envelope.bank.parties": envelope}), None)
    for envelope in ("none", "debezium")
)


def nested(depth: int, opening: str, closing: str) -> bytes:
    """A party with an unknown field of that depth."""
    return party(1)[:-1] + f',"unknown":{opening * depth}1{closing * depth}}}'.encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [201, 480, 900, 5_000])
def test_beyond_what_is_kept_it_is_malformed(depth: int, opening: str, closing: str) -> None:
    value = nested(depth, opening, closing)
    for decoder, message in ((PLAIN, value), (EVENTS, b'{"op":"c","after":%s}' % value)):
        decoded = decode(decoder, [party(2), message], [b"P2", b"P1"])
        assert [(each.position, each.reason) for each in decoded.rejected if each.position] == [(1, "malformed")]


def test_a_list_for_a_message_is_malformed_or_no_object() -> None:
    for depth, reason in ((100, "not_an_object"), (900, "malformed")):
        (rejected,) = decode(PLAIN, [b"[" * depth + b"]" * depth], [b"P1"]).rejected
        assert rejected.reason == reason


def test_what_is_nested_less_deeply_is_kept_as_it_came() -> None:
    value = nested(150, '{"a":', "}")
    extra = decode(PLAIN, [value], [b"P1"]).table["_extra"][0].as_py()
    assert json.loads(extra) == {"unknown": json.loads(value)["unknown"]}
