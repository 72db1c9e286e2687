"""Avro in bulk and value by value come to the same, for any schema that fits and any bytes; fastavro wrote them."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from avro_of_contracts import avro_type, encoded, event_of, registered, schema_of
from decoding_of import decode
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_bench import party
from test_hostile_messages import movement

from contracts import Contract, contract_for
from sinks.decoding.avro_decoder import AvroDecoder
from sinks.decoding.decoder import Decoded
from sinks.decoding.framed import Incompatible
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_rows import decode_rows

SMALL = Contract.parse(
    {
        "topic": "small",
        "key": "id",
        "event_time": "at",
        "tombstone": "delete",
        "description": "One field of each type.",
        "fields": [
            {"name": "id", "type": "string", "required": True, "description": ""},
            {"name": "at", "type": "timestamp", "description": ""},
            {"name": "on", "type": "date", "description": ""},
            {"name": "amount", "type": "decimal(18,4)", "minimum": 0, "description": ""},
            {"name": "count", "type": "integer", "minimum": -5, "description": ""},
            {"name": "sure", "type": "boolean", "description": ""},
            {"name": "side", "type": "string", "values": ["credit", "debit"], "description": ""},
            {"name": "score", "type": "double", "description": ""},
            {
                "name": "parts",
                "type": "list",
                "description": "",
                "fields": [
                    {"name": "name", "type": "string", "description": ""},
                    {"name": "amount", "type": "decimal(9,2)", "description": ""},
                ],
            },
        ],
    },
    "here",
)
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 5}
WIDE = {"type": "fixed", "name": "wide", "size": 20, "logicalType": "decimal", "precision": 40, "scale": 3}
ENUM = {"type": "enum", "name": "side_symbols", "symbols": ["debit", "other", "credit"]}
INNER = {"type": "record", "name": "part", "fields": [{"name": "amount", "type": ["string", "null"]}]}
TYPES: dict[str, list[Any]] = {
    "id": ["string"],
    "at": [{"type": "long", "logicalType": f"timestamp-{unit}"} for unit in ("millis", "micros", "nanos")] + ["string"],
    "on": [{"type": "int", "logicalType": "date"}, "string"],
    "amount": [DECIMAL, WIDE, "int", "long", "string", ["null", "string", DECIMAL]],
    "count": ["int", "long", ["long", "null"]],
    "sure": ["boolean"],
    "side": ["string", ENUM],
    "score": ["float", "double"],
    "parts": [{"type": "array", "items": avro_type(SMALL.field("parts"))["items"]}, {"type": "array", "items": INNER}],
}
PLAIN = st.sampled_from(["null", "boolean", "int", "long", "float", "double", "string", "bytes", DECIMAL])
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        inner.map(lambda each: {"type": "array", "items": each}),
        inner.map(lambda each: {"type": "map", "values": each}),
        inner.filter(lambda each: each != "null" and not isinstance(each, list)).map(lambda each: ["null", each]),
    ),
    max_leaves=4,
)
TEXTS = st.sampled_from(["", "x", "é\0:", "12.5", "-1", "1.23456", "2026-01-31", "2026-01-31T00:00:00Z", "credit"])
MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.just(datetime(2026, 1, 31, 13, 45, 0, 123456, UTC))


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an Avro type, as fastavro writes them."""
    if isinstance(kind, list):
        return st.one_of([values_of(each) for each in kind])
    if isinstance(kind, str):
        return {
            "null": st.none(),
            "boolean": st.booleans(),
            "int": st.integers(-10, 10) | st.integers(-(1 << 31), (1 << 31) - 1),
            "long": st.integers(-10, 10) | st.integers(-(1 << 63), (1 << 63) - 1),
            "float": st.floats(width=32),
            "double": st.floats(),
            "bytes": st.binary(max_size=5),
            "string": TEXTS,
        }[kind]
    logical = kind.get("logicalType", "")
    if logical == "decimal":
        bound = 10 ** kind["precision"] - 1
        return (st.integers(-bound, bound) | st.sampled_from([0, 5, 100_000, 1_250_000])).map(
            lambda each: Decimal(each).scaleb(-kind["scale"])
        )
    if logical == "date":
        return st.dates()
    if logical.endswith("nanos"):
        return st.integers(-(1 << 63), (1 << 63) - 1).map(lambda each: each // 1000 * 1000 + (each % 3 == 0))
    if logical:
        return MOMENTS
    if kind["type"] == "enum":
        return st.sampled_from(kind["symbols"])
    if kind["type"] == "array":
        return st.lists(values_of(kind["items"]), max_size=3)
    if kind["type"] == "map":
        return st.dictionaries(TEXTS, values_of(kind["values"]), max_size=3)
    return st.fixed_dictionaries({each["name"]: values_of(each["type"]) for each in kind["fields"]})


def told(decoded: Decoded) -> list[str]:
    """The rows in words, in which NaN equals itself."""
    return [repr(row) for row in decoded.table.to_pylist()]


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_bulk_and_rows_agree(data: st.DataObject) -> None:
    kinds = {
        name: data.draw(st.sampled_from(each))
        for name, each in TYPES.items()
        if name == "id" or data.draw(st.booleans())
    }
    kinds = {
        name: kind if isinstance(kind, list) or name == "id" or data.draw(st.booleans()) else ["null", kind]
        for name, kind in kinds.items()
    }
    kinds |= {name: data.draw(NESTED) for name in data.draw(st.sets(st.sampled_from(["new", "Id", "_own", "more"])))}
    order = data.draw(st.permutations(list(kinds)))
    schema = {"type": "record", "name": "E", "fields": [{"name": name, "type": kinds[name]} for name in order]}
    decoder = AvroDecoder(SMALL, registered(schema))
    values = []
    for _ in range(3):
        try:
            value = encoded(schema, {name: data.draw(values_of(kinds[name])) for name in order})
        except (ValueError, OverflowError):
            continue
        for at, piece in data.draw(st.lists(st.tuples(st.integers(5, 60), st.binary(max_size=2)), max_size=2)):
            value = value[:at] + piece + value[at + 1 :]
        values.append(value)
    keys = [b"k"] * len(values)
    rows = decode_rows(decoder.contract, values, keys, read=decoder.read)
    assert len(rows.positions) + len(rows.rejected) == len(values)
    both = decode(decoder, values, keys)
    assert both.positions.tolist() == rows.positions.tolist(), (schema, values, rows.rejected)
    assert told(both) == told(rows)
    assert both.rejected == rows.rejected
    for position, value in enumerate(values):
        alone = decode_bulk(decoder, value)
        if len(alone.positions):
            assert position in rows.positions, (schema, value, rows.rejected)


def decode_bulk(decoder: AvroDecoder, value: bytes) -> Decoded:
    from sinks.payloads import Payloads

    return decoder.bulk(Payloads.of([value]), Payloads.of([b"k"]))


@pytest.mark.parametrize(
    ("topic", "messages"),
    [
        ("bank.transactions", [movement(number) for number in range(500)]),
        ("bank.parties", [party(n, addresses=[{"town": "Łódź"}] * (n % 3), phones=None) for n in range(500)]),
    ],
)
def test_the_same_events_as_json_and_avro_give_the_same_table_in_bulk(topic: str, messages: list[bytes]) -> None:
    contract = contract_for(topic)
    schema = schema_of(contract)
    decoder = AvroDecoder(contract, registered(schema))
    values = [encoded(schema, event_of(contract, message)) for message in messages]
    assert sum(len(decode_bulk(decoder, value).positions) for value in values[:20]) == 20
    keys = [b"k"] * len(values)
    assert decode(decoder, values, keys).table.equals(decode(JsonDecoder(contract), messages, keys).table)


def test_extremes_are_exact() -> None:
    schema = schema_of(
        SMALL,
        at=TYPES["at"][1],
        score="double",
        new=DECIMAL,
        amount=DECIMAL,
        count="long",
        parts=["null", TYPES["parts"][0]],
    )
    events: list[dict[str, Any]] = [
        {"at": datetime.min.replace(tzinfo=UTC), "on": date.min, "amount": Decimal("99999999999999.9999")},
        {"at": datetime.max.replace(tzinfo=UTC), "on": date.max, "amount": Decimal("0.0001"), "count": (1 << 63) - 1},
        {"amount": Decimal("0.00010"), "score": math.inf, "new": Decimal("-123456789012345.12345")},
    ]
    base = {
        "id": "é",
        "at": datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1),
        "amount": Decimal(0),
        "count": 0,
    }
    events = [base | {"score": 0.1, "new": Decimal("1.5")} | each for each in events]
    decoder = AvroDecoder(SMALL, registered(schema))
    decoded = decode(decoder, [encoded(schema, each) for each in events], [None] * 3)
    assert not decoded.rejected
    rows = decoded.table.to_pylist()
    for row, event in zip(rows, events, strict=True):
        for name in ("amount", "count", "score", "new", "id"):
            assert row[name] == event[name]
        assert row["at"].replace(tzinfo=UTC) == event["at"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("amount", Decimal("0.00001"), "out_of_range"),
        ("amount", Decimal("100000000000000"), "out_of_range"),
        ("amount", Decimal("-1"), "below_minimum"),
        ("count", -6, "below_minimum"),
        ("side", "other", "not_allowed"),
        ("on", 3_000_000, "out_of_range"),
        ("at", (1 << 62), "out_of_range"),
    ],
)
def test_what_does_not_fit_says_why(name: str, value: Any, reason: str) -> None:
    schema = schema_of(SMALL, amount=DECIMAL, count="long", side=ENUM, at=TYPES["at"][0])
    plain = schema_of(SMALL, amount=DECIMAL, count="long", side=ENUM, at="long", on=["null", "int"])
    base = {"id": "a", "at": 0, "amount": Decimal("1.5"), "count": 0, "side": "debit", "sure": None}
    decoder = AvroDecoder(SMALL, registered(schema))
    good = encoded(plain, base)
    decoded = decode(decoder, [good, encoded(plain, base | {name: value}), good], [None] * 3)
    assert [(each.position, each.reason) for each in decoded.rejected] == [(1, reason)]
    assert decoded.positions.tolist() == [0, 2]


def test_a_null_hides_no_number_below_the_minimum() -> None:
    schema = schema_of(SMALL, count=["null", "long"])
    base = {"id": "a", "at": 0, "amount": None, "side": None, "sure": None}
    values = [encoded(schema, base | {"count": count}) for count in (None, -6, 0)]
    decoded = decode(AvroDecoder(SMALL, registered(schema)), values, [None] * 3)
    assert [(each.position, each.reason) for each in decoded.rejected] == [(1, "below_minimum")]


def test_a_million_items_in_nothing_are_refused_at_once() -> None:
    empty = {"type": "record", "name": "Nothing", "fields": []}
    for items in ("null", empty, {"type": "array", "items": "null"}):
        schema = {
            "type": "record",
            "name": "E",
            "fields": [{"name": "id", "type": "string"}, {"name": "x", "type": {"type": "array", "items": items}}],
        }
        decoder = AvroDecoder(SMALL, registered(schema))
        claims = b"\0\0\0\0\7\2a" + b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01" * 3
        decoded = decode(decoder, [claims, claims + b"\0" * 1000, encoded(schema, {"id": "a", "x": []})], [None] * 3)
        assert [each.reason for each in decoded.rejected] == ["malformed"] * 2


def nothing(depth: int) -> dict[str, Any]:
    """A record that takes no bytes, and holds twice as many values with each level."""
    found: dict[str, Any] = {"type": "record", "name": "R0", "fields": []}
    for level in range(1, depth + 1):
        fields = [{"name": "a", "type": found}, {"name": "b", "type": f"R{level - 1}"}]
        found = {"type": "record", "name": f"R{level}", "fields": fields}
    return found


def test_records_of_records_that_take_no_bytes_are_refused() -> None:
    def schema(kind: Any) -> dict[str, Any]:
        return {
            "type": "record",
            "name": "E",
            "fields": [{"name": "id", "type": "string"}, {"name": "x", "type": kind}],
        }

    for endless in ({"type": "record", "name": "R", "fields": [{"name": "r", "type": "R"}]}, nothing(60)):
        for kind in (endless, ["null", endless], {"type": "array", "items": endless}):
            with pytest.raises(Incompatible, match=r"record R\d* holds"):
                AvroDecoder(SMALL, registered(schema(kind)))
    mark = schema(nothing(2))
    decoder = AvroDecoder(SMALL, registered(mark))
    event = {"id": "a", "x": {"a": {"a": {}, "b": {}}, "b": {"a": {}, "b": {}}}}
    assert len(decode_bulk(decoder, encoded(mark, event)).positions) == 1
    decoded = decode(decoder, [encoded(mark, event)], [None])
    assert json.loads(decoded.table["_extra"][0].as_py()) == {"x": event["x"]}


def test_a_record_that_holds_itself_may_not_go_down_for_ever() -> None:
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    schema = {"type": "record", "name": "E", "fields": [{"name": "id", "type": "string"}, {"name": "x", "type": node}]}
    decoder = AvroDecoder(SMALL, registered(schema))
    values = [b"\0\0\0\0\7\2a" + b"\2" * depth + b"\0" for depth in (3, 50, 100_000)]
    decoded = decode(decoder, values, [None] * 3)
    assert [(each.position, each.reason) for each in decoded.rejected] == [(2, "malformed")]
    assert decoded.table["_extra"][0].as_py() == '{"x":{"next":{"next":{"next":{}}}}}'


def test_mutated_messages_land_or_are_rejected_and_spoil_no_other() -> None:
    chosen = random.Random(7)
    contract = contract_for("bank.parties")
    schema = schema_of(contract)
    decoder = AvroDecoder(contract, registered(schema))
    valid = [encoded(schema, event_of(contract, party(n, addresses=[{"town": "Łódź"}] * (n % 3)))) for n in range(50)]
    clean = told(decode(decoder, valid, [None] * 50))
    for _ in range(20):
        spoilt = []
        for value in chosen.choices(valid, k=200):
            at = chosen.randrange(5, len(value) + 1)
            spoilt.append(value[:at] + chosen.randbytes(chosen.randrange(3)) + value[at + chosen.randrange(3) :])
        values = [*spoilt, *valid]
        decoded = decode(decoder, values, [None] * len(values))
        rows = decode_rows(decoder.contract, values, [None] * len(values), read=decoder.read)
        assert decoded.rejected == rows.rejected
        assert told(decoded) == told(rows)
        assert told(decoded)[-50:] == clean
