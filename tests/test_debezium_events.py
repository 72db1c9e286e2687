"""Debezium's change events: the row after lands, a deletion is a tombstone, what is neither tells its reason."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from debezium_events import ADAPTIVE, CONNECT, ISO, NANOS, ZONED, event, key
from decoding_of import decode
from landing_bench import party
from mutations import mutated

from contracts import contract_for
from sinks.config import SinkConfig
from sinks.decoding.debezium import Envelopes, read
from sinks.decoding.debezium_keys import plain_key
from sinks.decoding.decoder import Decoded
from sinks.decoding.formats import decoder_for
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_rows import decode_rows
from sinks.errors import SinkMisconfigured
from sinks.payloads import Payloads

CONTRACT = contract_for("bank.parties")
DECODER = decoder_for(CONTRACT, SinkConfig.parse({"envelope.bank.parties": "debezium"}), None)
ENVELOPES = Envelopes(CONTRACT)
SCALED, VARIABLE = "org.apache.kafka.connect.data.Decimal", "io.debezium.data.VariableScaleDecimal"
KINDS = {"adaptive": ADAPTIVE, "connect": CONNECT, "nanos": NANOS, "iso": ISO, "zoned": ZONED}


def row(number: int, **more: Any) -> dict[str, Any]:
    """A row of parties, as on the sink's own wire."""
    found: dict[str, Any] = json.loads(party(number)) | {"updated_at": "2026-01-31T13:45:00.123000Z"}
    return found | {"pep": False, "email": None, "addresses": [{"town": "Köln", "country": "DE"}]} | more


def agree(values: list[bytes]) -> int:
    """Checks that what is taken in bulk is read the same one by one; says how many were."""
    keys = Payloads.of([b"k"] * len(values))
    rows = decode_rows(CONTRACT, values, [b"k"] * len(values), lambda value: read(CONTRACT, value))
    taken = 0
    for chosen, part in ENVELOPES.bulk(Payloads.of(values), keys):
        positions = chosen[part.positions]
        assert np.isin(positions, rows.positions).all(), [
            values[each] for each in np.setdiff1d(positions, rows.positions)
        ]
        places = np.searchsorted(rows.positions, positions)
        assert part.table.equals(rows.table.take(places))
        taken += len(positions)
    return taken


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("op", ["c", "u", "r"])
def test_the_row_after_lands_as_if_it_had_been_sent_plainly(name: str, op: str) -> None:
    for schema in (True, False) if name in ("iso", "zoned") else (True,):
        before = None if op != "u" else row(0)
        values = [event(op, before, row(number), KINDS[name], schema) for number in range(50)]
        decoded = decode(DECODER, values, [key(f"P{number}", schema) for number in range(50)])
        plain = [json.dumps(row(number)).encode() for number in range(50)]
        assert decoded.rejected == []
        assert decoded.table.equals(decode(JsonDecoder(CONTRACT), plain, [b"P%d" % n for n in range(50)]).table)
        assert agree(values) == 50


def test_a_deletion_and_its_tombstone_land_as_the_same_tombstone() -> None:
    deleted = event("d", {"party_id": "P1"}, None)
    decoded = decode(DECODER, [deleted, None, deleted], [key("P1"), key("P1", schema=True), None])
    assert decoded.table.select(["party_id", "name", "_tombstone", "_key"]).to_pylist() == [
        {"party_id": "P1", "name": None, "_tombstone": True, "_key": key} for key in ("P1", "P1", None)
    ]


def outcome(value: bytes) -> str:
    """Why the message is no row."""
    decoded: Decoded = decode(DECODER, [value], [key("P1")])
    assert not decoded.table.num_rows, decoded.table
    assert agree([value]) == 0
    return decoded.rejected[0].reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (event("t", None, None), "no_row_change"),
        (event("m", None, None, message={"prefix": "p", "content": "eA=="}), "no_row_change"),
        (event("c", None, None), "no_envelope"),
        (event("c", None, row(1)).replace(b'"op":"c"', b'"op":5'), "no_envelope"),
        (party(1), "no_envelope"),
        (b"[]", "not_an_object"),
        (b" ", "empty"),
        (b'{"schema":{},"payload":null}', "not_an_object"),
        (event("c", None, row(1))[:-1], "malformed"),
        (event("c", None, row(1)).replace(b'"after"', b'"after":{},"after"'), "duplicate_field"),
        (event("c", None, row(1)).replace(b'"party_id"', b'"party_id":"x","party_id"'), "duplicate_field"),
        (event("c", None, row(1)).replace(b'"txId":555', b'"txId":0555'), "malformed"),
        (event("c", None, row(1, status="gone")), "not_allowed"),
        (event("c", None, row(1, updated_at=1769867100542)), "wrong_type"),
        (event("c", None, row(1, birth_date=20000), {}), "wrong_type"),
        (event("c", None, row(1), NANOS, True).replace(b'23000000,"pep"', b'23000001,"pep"'), "out_of_range"),
    ],
)
def test_what_is_no_row_tells_its_reason(value: bytes, reason: str) -> None:
    assert outcome(value) == reason


def test_what_the_source_of_a_change_has_does_not_count() -> None:
    value = event("c", None, row(1)).replace(b'"txId":555', b'"txId":555,"txId":556,"x":[[],{},[{"y":[1,{}]}]]')
    assert agree([value]) == 1


def test_a_decimal_of_any_scale_and_fields_that_the_contract_lacks() -> None:
    kinds = ISO | {"expected_monthly_turnover": ("struct", "io.debezium.data.VariableScaleDecimal", None)}
    value = event("c", None, row(1, rating=5), kinds, True).replace(b'"1250.0000"', b'{"scale":1,"value":"AME="}')
    decoded = decode(DECODER, [value], [key("P1")])
    found = decoded.table.select(["expected_monthly_turnover", "_extra"]).to_pylist()
    assert [str(each) for each in found[0].values()] == ["19.3000", '{"rating":5}']


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ({"name": SCALED, "parameters": {"scale": None}}, "AME=", "malformed"),
        ({"name": SCALED, "parameters": {"scale": "1.5"}}, "AME=", "malformed"),
        ({"name": SCALED, "parameters": [2]}, {}, "wrong_type"),
        ({"name": VARIABLE}, {"scale": 1.5, "value": "AME="}, "wrong_type"),
        ({"name": VARIABLE}, {"scale": None, "value": "AME="}, "wrong_type"),
        ({"name": [], "field": {}}, [], "wrong_type"),
    ],
)
def test_a_schema_that_is_none_costs_its_own_message_alone(column: Any, value: Any, reason: str) -> None:
    fields = [{"field": "expected_monthly_turnover"} | column]
    odd = {
        "schema": {"fields": [{"field": "after", "fields": fields}]},
        "payload": {"op": "c", "after": row(1, expected_monthly_turnover=value)},
    }
    assert outcome(json.dumps(odd).encode()) == reason


def test_mixed_batches_keep_their_order() -> None:
    values: list[bytes | None] = []
    for number in range(300):
        kinds, schema = [(ISO, False), (ADAPTIVE, True), (CONNECT, True)][number % 3]
        values.append(None if number % 50 == 7 else event("c", None, row(number), kinds, schema))
    decoded = decode(DECODER, values, [key(f"P{number}") for number in range(300)])
    assert decoded.table["party_id"].to_pylist() == [f"P{number}" for number in range(300)]
    assert decoded.positions.tolist() == list(range(300))


def test_mutated_events_agree() -> None:
    chosen = random.Random(3)
    valid = [event("c", None, row(1)), event("u", row(1), row(2), ADAPTIVE, True), event("d", row(1), None)]
    source = mutated(chosen, valid)
    assert agree([next(source) for _ in range(2_000)]) > 20


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (b"P1", b"P1"),
        (b'{"party_id":"P\\u00e9"}', "Pé".encode()),
        (b'{"id":5}', b"5"),
        (b'{"party_id":"P1","region":"EU"}', b"P1"),
        (b'{"a":"1","b":"2"}', b'{"a":"1","b":"2"}'),
        (b'{"party_id":null}', b'{"party_id":null}'),
        (b"{", b"{"),
        (b"\xff", b"\xff"),
        (key("P1", schema=True), b"P1"),
    ],
)
def test_keys(raw: bytes, plain: bytes) -> None:
    assert plain_key(raw, "party_id") == plain
    for keys in ([raw], [raw, key("P2")], [key("P2"), raw, None]):
        decoded = decode(DECODER, [event("c", None, row(1))] * len(keys), keys)
        if plain != b"\xff":
            assert decoded.table["_key"].to_pylist()[keys.index(raw)] == plain.decode()


def test_other_formats_are_refused_at_the_start() -> None:
    with pytest.raises(SinkMisconfigured, match="envelope"):
        SinkConfig.parse({"registry.url": "http://x", "format": "protobuf", "envelope.bank.parties": "debezium"})
