"""Protobuf read in bulk and one by one is the same; a value lands exactly, or is a dead letter with a reason."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import binary_mutated
from protobuf_schemas import MESSAGES, TEXTS, UNSCALED, Writer, framed, registered, schema_text

from contracts import Contract, contract_for
from sinks.decoding import protobuf_bulk
from sinks.decoding.decoder import REASONS, Decoded
from sinks.decoding.framed import Incompatible
from sinks.decoding.protobuf_decoder import MessageDecoder, ProtobufDecoder
from sinks.decoding.protobuf_plan import evolved
from sinks.decoding.protobuf_schema import ProtobufSchema
from sinks.decoding.registry import Schema
from sinks.errors import SchemaUnavailable
from sinks.payloads import Payloads

PARTIES, ACCOUNTS, FLAT = (contract_for(f"bank.{name}") for name in ("parties", "accounts", "transactions"))
EXTRA = """
  optional string nickname = 101;  optional double score = 102;  sint64 shift = 103;  repeated int32 packed = 104;
  map<string, int32> counts = 105;  optional google.type.Date seen_on = 106;  Kind kind = 107;  fixed64 wide = 108;
  oneof choice { string left = 109; int64 right = 110; google.protobuf.Timestamp never = 111; }
  google.protobuf.BoolValue agreed = 112;  float ratio = 113;  optional bytes image = 114;  Event nested = 115;
  google.type.Decimal price = 116;  uint32 small = 117;  sfixed32 low = 118;  google.protobuf.Timestamp at = 119;
  enum Kind { KIND_UNSPECIFIED = 0; BIG = 1; HUGE = -3; }
"""
MORE: dict[str, list[Any]] = {
    "nickname": ["", "é", "Bo"], "score": [0.0, 1.5, float("nan")], "shift": [0, -1, 2**62], "packed": [[], [1, -2]],
    "counts": [{}, {"a": 1}], "seen_on": ["2026-02-28", "0-1-1"], "kind": [0, 1, -3, 5], "wide": [0, 7, 2**63],
    "left": ["", "x"], "right": [0, 4], "agreed": [True, False], "ratio": [0.0, 0.1], "image": [b"", b"\xff"],
    "price": ["1.50", "", "x"], "small": [0, 2**32 - 1], "low": [-5, 5], "never": ["2026-01-31T00:00:00+00:00"],
    "at": ["2026-01-31T13:45:00.000001+00:00", "0001-01-01T00:00:00+00:00"],
}  # fmt: skip
TYPES = {"messages": MESSAGES, "texts": TEXTS, "unscaled": UNSCALED}


class Made:
    """A schema with its writer, and both ways to read it."""

    def __init__(self, contract: Contract, types: dict[str, str], presence: bool) -> None:
        self.contract = contract
        text = schema_text(contract, types, EXTRA, presence)
        self.writer = Writer(text)
        message = ProtobufSchema(text, {}).message([0])
        self.reader = MessageDecoder(contract, message, evolved(message, contract))
        self.decoder = ProtobufDecoder(contract, registered(text))

    def both(self, bodies: list[bytes]) -> tuple[Decoded, Decoded]:
        """What bulk and rows make of the messages."""
        values, keys = Payloads.of(bodies), Payloads.of([b"k"] * len(bodies))
        bulk = self.reader.bulk(values, values.bounds[:-1], values.bounds[1:], keys)
        return bulk, self.reader.rows(list(bodies), [b"k"] * len(bodies))


MADE = {
    f"{contract.topic}-{kind}-{'told' if presence else 'implicit'}": Made(contract, types, presence)
    for contract, kind, types, presence in (
        (PARTIES, "messages", MESSAGES, True),
        (ACCOUNTS, "texts", TEXTS, False),
        (FLAT, "messages", MESSAGES, False),
        (FLAT, "unscaled", UNSCALED, True),
        (FLAT, "texts", TEXTS, True),
    )
}


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether both hold the same, a NaN being as good as another."""
    return one.schema.equals(other.schema) and str(one.to_pylist()) == str(other.to_pylist())


def agree(made: Made, bodies: list[bytes]) -> int:
    """Checks each message; says how many the fast path took."""
    bulk, rows = made.both(bodies)
    assert rows.table.num_rows + len(rows.rejected) == len(bodies)
    assert {each.reason for each in rows.rejected} <= set(REASONS)
    accepted = np.isin(rows.positions, bulk.positions)
    assert accepted.sum() == len(bulk.positions), [bodies[each] for each in set(bulk.positions) - set(rows.positions)]
    assert same(bulk.table, rows.table.filter(pa.array(accepted)))
    return len(bulk.positions)


def valid(contract: Contract, types: dict[str, str]) -> dict[str, Any]:
    """An event with all required fields of ``contract``."""
    return {field.name: _value(field, types) for field in contract.fields if field.required}


def _value(field: Any, types: dict[str, str]) -> Any:
    if field.fields:
        return [{inner.name: _value(inner, types) for inner in field.fields}, {}]
    if field.decimal:
        return "12.50"
    if field.type == "timestamp":
        return "2026-01-31T13:45:00.5Z" if types is TEXTS else "2026-01-31T13:45:00.5+00:00"
    return {"date": "2026-01-31", "boolean": True, "integer": 5}.get(field.type) or (
        field.values[0] if field.values else f"{field.name} é"
    )


ODD: dict[str, list[Any]] = {
    "string": ["", "x", "é" * 9, "\0"],
    "decimal": ["0", "-1.5", "1.23456", "99999999999999.9999", "100000000000000", "9" * 30],
    "timestamp": ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+00:00", "2026-01-31T13:45:00-05:00"],
    "date": ["0-0-0", "2026-2-30", "0001-01-01", "9999-12-31", "2024-02-29", "2100-02-29"],
    "boolean": [True, False],
    "integer": [0, -1, 2**63 - 1],
}
ODD_TEXT = ["", "x", "12.5", "1e3", "NaN", "-0", "2026-01-31", "2026-01-31T00:00:00Z", "2026-02-30"]


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_bulk_and_rows_agree(name: str, data: st.DataObject) -> None:
    made = MADE[name]
    types = TYPES[name.split("-")[1]]
    event = valid(made.contract, types)
    for field in data.draw(st.lists(st.sampled_from(made.contract.fields), max_size=4)):
        kind = "decimal" if field.decimal else field.type
        if field.fields:
            event[field.name] = data.draw(st.sampled_from([[], [{}], _value(field, types) * 3]))
        elif data.draw(st.booleans()):
            event.pop(field.name, None)
        else:
            odd = ODD_TEXT if types is TEXTS and kind in TEXTS else ODD[kind]
            event[field.name] = data.draw(st.sampled_from([*odd, *(field.values or ())]))
    for extra in data.draw(st.lists(st.sampled_from(sorted(MORE)), max_size=2)):
        event[extra] = data.draw(st.sampled_from(MORE[extra]))
    body = made.writer.body(event)
    repeated = data.draw(st.sampled_from([b"", body, body[: len(body) // 2]]))
    agree(made, [body + repeated])


@pytest.mark.parametrize("name", MADE)
def test_mutated_messages_agree(name: str) -> None:
    made = MADE[name]
    chosen = random.Random(11)
    types = TYPES[name.split("-")[1]]
    event = valid(made.contract, types) | {"nickname": "Bo", "shift": -5, "left": "x"}
    full = event | {field.name: _value(field, types) for field in made.contract.fields}
    source = binary_mutated(chosen, [made.writer.body(event), made.writer.body(full)])
    assert agree(made, [next(source) for _ in range(3_000)]) > 100


@pytest.mark.parametrize("name", MADE)
def test_plain_messages_take_the_fast_path(name: str) -> None:
    made = MADE[name]
    event = valid(made.contract, TYPES[name.split("-")[1]]) | {"nickname": "é", "shift": -5, "kind": 1, "price": "1.5"}
    assert agree(made, [made.writer.body(event)] * 10) == 10
    table = made.decoder.decode(Payloads.of([framed(made.writer.body(event))]), Payloads.of([b"k"])).table
    assert table.select(["nickname", "shift", "kind", "price", "_extra"]).to_pylist() == [
        {"nickname": "é", "shift": -5, "kind": "BIG", "price": "1.5", "_extra": None}
    ]


def one(made: Made, event: dict[str, Any], tail: bytes = b"") -> tuple[dict[str, Any] | None, str | None]:
    """The row of an event, or the reason why it is none."""
    decoded = made.decoder.decode(Payloads.of([framed(made.writer.body(event) + tail)]), Payloads.of([b"k"]))
    agree(made, [made.writer.body(event) + tail])
    return (decoded.table.to_pylist() or [None])[0], decoded.rejected[0].reason if decoded.rejected else None


def test_values_land_exactly() -> None:
    for kind in ("messages-implicit", "unscaled-told", "texts-told"):
        made = MADE[f"bank.transactions-{kind}"]
        event = valid(FLAT, TYPES[kind.split("-")[0]])
        exact = event | {"settled_amount": "99999999999999.9999"}
        row, _ = one(made, exact)
        assert row is not None
        assert row["settled_amount"] == Decimal("99999999999999.9999")
        assert row["booked_at"] == datetime.datetime(2026, 1, 31, 13, 45, 0, 500_000)
        assert one(made, event | {"settled_amount": "1.23456"})[1] == "out_of_range"
        assert one(made, event | {"settled_amount": "100000000000000"})[1] == "out_of_range"
        assert one(made, event | {"settled_amount": "-1"})[1] == "below_minimum"
        trailing = one(made, event | {"settled_amount": "1.500000"})
        assert trailing[0] is None or trailing[0]["settled_amount"] == Decimal("1.5")


def test_what_cannot_be_a_column_is_kept_as_json() -> None:
    made = MADE["bank.transactions-unscaled-told"]
    more = {"packed": [1, -2], "counts": {"a": 1}, "image": b"\xff", "kind": 5, "wide": 2**63, "nested": {"kind": 1}}
    row, _ = one(made, valid(FLAT, UNSCALED) | {name: each for name, each in more.items() if name != "counts"})
    assert row is not None
    assert row["kind"] == "5"
    assert row["_extra"] == ('{"wide":"9223372036854775808","packed":[1,-2],"image":"/w==","nested":{"kind":"BIG"}}')


def test_presence() -> None:
    told, implicit = MADE["bank.transactions-unscaled-told"], MADE["bank.transactions-messages-implicit"]
    assert (
        one(told, {name: each for name, each in valid(FLAT, UNSCALED).items() if name != "account_id"})[1]
        == "missing_field"
    )
    row, _ = one(implicit, {name: each for name, each in valid(FLAT, MESSAGES).items() if name != "account_id"})
    assert row is not None
    # Required and without presence: the default is the value. Optional: an empty text says nothing.
    assert (row["account_id"], row["purpose"], row["shift"], row["kind"]) == ("", None, 0, None)
    row, _ = one(told, valid(FLAT, UNSCALED) | {"purpose": ""})
    assert row is not None
    assert (row["purpose"], row["channel"]) == ("", None)


@pytest.mark.parametrize(
    "tail",
    [
        b"\x80",
        b"\xff" * 11,
        b"\x0a\x05ab",
        b"\x00\x01",
        b"\x0b",
        b"\x0c",
        b"\x0f",
        b"\x09\x00",
        b"\x0a\xff\xff\xff\xff\x0f",
    ],
)
def test_broken_messages_are_malformed(tail: bytes) -> None:
    made = MADE["bank.transactions-unscaled-told"]
    assert one(made, valid(FLAT, UNSCALED), tail) == (None, "malformed") or tail == b"\x09\x00"


def test_another_wire_type_is_told() -> None:
    made = MADE["bank.transactions-unscaled-told"]
    # Field 1, a string, as a varint; then a number that the schema does not have, which is passed over.
    assert one(made, valid(FLAT, UNSCALED), b"\x08\x05") == (None, "wrong_type")
    assert one(made, valid(FLAT, UNSCALED), b"\xf8\x7f\x05")[1] is None


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\2\0", None),
        (b"\2\2", "malformed"),
        (b"\1\0", "malformed"),
        (b"\x80", "malformed"),
        (b"\4\0\x63", "malformed"),
    ],
)
def test_message_indexes(frame: bytes, reason: str | None) -> None:
    made = MADE["bank.transactions-unscaled-told"]
    value = framed(made.writer.body(valid(FLAT, UNSCALED)), indexes=frame)
    if frame == b"\2\2":
        with pytest.raises(IndexError):
            ProtobufSchema(schema_text(FLAT), {}).message([1])
    decoded = made.decoder.decode(Payloads.of([value]), Payloads.of([b"k"]))
    assert [each.reason for each in decoded.rejected] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("optional google.type.Decimal settled_amount", "optional double settled_amount"),
            "settled_amount is a double",
        ),
        (("optional google.protobuf.Timestamp booked_at", "int64 booked_at"), "booked_at is an int64"),
        (("optional string account_id", "repeated string account_id"), "account_id is repeated string"),
        (("optional string account_id", "optional string account"), "no field account_id"),
        (("syntax", "sin tax"), "does not compile"),
    ],
)
def test_incompatible_schemas_name_the_field(change: tuple[str, str], told: str) -> None:
    with pytest.raises(Incompatible, match=told):
        ProtobufDecoder(FLAT, registered(schema_text(FLAT).replace(*change))).decode(
            Payloads.of([framed(b"")]), Payloads.of([None])
        )


@pytest.mark.parametrize(
    "name",
    [
        "../up.proto",
        "/etc/x.proto",
        "a\0.proto",
        "x" * 300,
        "a/" * 1900 + "b",
        "a/" * 4000 + "b",
        "",
        "\ud800",
        "a/a.proto",
    ],
)
def test_a_reference_with_a_name_that_no_file_can_have_is_told(name: str) -> None:
    schema = Schema(7, "PROTOBUF", schema_text(FLAT), (("a", 'syntax = "proto3";'), (name, 'syntax = "proto3";')))
    with pytest.raises(Incompatible, match="does not compile: "):
        ProtobufDecoder(FLAT, schema)


def test_a_text_with_half_a_surrogate_pair_is_told() -> None:
    with pytest.raises(Incompatible, match="is no text"):
        ProtobufDecoder(FLAT, registered(schema_text(FLAT) + "// \ud800"))


def test_a_compiler_that_comes_to_no_end_says_nothing_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.decoding.protobuf_schema._SECONDS", 0.001)
    with pytest.raises(SchemaUnavailable, match=r"schema id 7 .* did not come to an end .* is tried again"):
        ProtobufDecoder(FLAT, registered(schema_text(FLAT)))


def test_room_for_items_is_no_more_than_their_bytes_could_need() -> None:
    made = MADE["bank.parties-messages-told"]
    number = made.writer.type.DESCRIPTOR.fields_by_name["addresses"].number
    empty = bytes([number << 3 & 0x7F | 2 | (0x80 if number > 15 else 0), *([number >> 4] if number > 15 else []), 0])
    body = made.writer.body(valid(PARTIES, MESSAGES)) + empty * 50_000
    values = Payloads.of([body])
    found, read = protobuf_bulk._found(made.reader.plan, values.data, values.bounds[:-1], values.bounds[1:])
    assert read.all()
    assert len(found.items) >= 50_000
    assert found.items.base.nbytes <= 16 * len(body) // 2
    assert agree(made, [body]) == 1


def test_references_and_nested_messages() -> None:
    text = schema_text(ACCOUNTS)
    head, _, parties = text.partition("message PartiesItem")
    shared = 'syntax = "proto3"; package bank; message PartiesItem' + parties
    main = (
        head.replace("package bank;", 'package bank; import "bank/shared.proto";').replace(
            "message Event {", "message Outer { message First {} message Event {"
        )
        + "}"
    )
    writer = Writer(main, {"bank/shared.proto": shared}, (0, 1))
    schema = registered(main)
    schema = type(schema)(7, "PROTOBUF", main, (("bank/shared.proto", shared),))
    value = framed(writer.body(valid(ACCOUNTS, MESSAGES)), indexes=b"\4\0\2")
    decoded = ProtobufDecoder(ACCOUNTS, schema).decode(Payloads.of([value]), Payloads.of([b"k"]))
    assert decoded.rejected == []
    assert decoded.table["parties"].to_pylist()[0] == [
        {"party_id": "party_id é", "role": "role é"},
        {"party_id": None, "role": None},
    ]


def test_numbers_too_high_for_a_table_are_read_one_by_one_in_lists_too() -> None:
    text = schema_text(PARTIES, MESSAGES, "", True)
    inner = "  optional string far = 536870911;\n"
    name = ProtobufSchema(text, {}).message([0]).fields_by_name["addresses"].message_type.name
    high = text.replace(f"message {name} {{", f"message {name} {{\n{inner}", 1)
    assert high != text
    plans = [MessageDecoder(PARTIES, ProtobufSchema(each, {}).message([0])).plan for each in (text, high)]
    assert [each.in_bulk for each in plans] == [True, False]
