"""Whatever bytes come in Avro, Protobuf or framed JSON: each message lands or is rejected, and its neighbours land."""

from __future__ import annotations

import io
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import fastavro
import pytest
from avro_of_contracts import schema_of
from decoding_of import decode
from hostility import MESSAGES, TESTS, endure
from mutations import binary_mutated, frames_mutated, mutated
from protobuf_schemas import Writer
from schemas import register
from test_avro_agrees import DECIMAL, SMALL

from sinks.config import SinkConfig
from sinks.decoding.decoder import Decoder
from sinks.decoding.formats import decoder_for, registry_for

HUGE = 10**400
# Days and seconds since 1970 of the years 0 and 10000, and of what no calendar has.
DAYS = [-719_529, -719_163, 2_932_897, -(1 << 31), (1 << 31) - 1]
SECONDS = [-62_167_219_200, -62_135_596_801, 253_402_300_800, (1 << 63) // 10**6 - 1]
DATES = [(0, 0, 0), (0, 1, 1), (10_000, 1, 1), (2026, 2, 30), (2026, 13, 1), (-1, 1, 1), ((1 << 31) - 1, 1, 1)]
TEXTS = ["", "\0", "a\0b", "é" * 40_000, "9" * 400, "NaN", "1e5", "1.23456", "0000-01-01", "10000-01-01"]
FLOATS = [math.nan, math.inf, -math.inf, 1e308, -0.0]
COUNTS = [-6, -(1 << 63), (1 << 63) - 1]
NODE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
EVENT = """\
syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/type/date.proto";
import "google/type/decimal.proto";
import "confluent/type/decimal.proto";
message Event {
  optional string id = 1;  google.protobuf.Timestamp at = 2;  google.type.Date on = 3;
  confluent.type.Decimal amount = 4;  optional int64 count = 5;  optional bool sure = 6;  optional string side = 7;
  optional double score = 8;  repeated Part parts = 9;  Node node = 10;  optional string note = 11;
}
message Part { optional string name = 1;  google.type.Decimal amount = 2; }
message Node { Node next = 1; }
message Other { string text = 1; }
"""


@dataclass
class Form:
    """A format: its decoder, what stands before a message's body, and bodies that are right, or odd."""

    decoder: Decoder
    frame: bytes
    valid: list[bytes]
    odd: list[bytes]
    mutated: Callable[[random.Random, list[bytes]], Iterator[bytes]] = binary_mutated
    frames: tuple[bytes, ...] = ()


def of_registry(registry: str, subject: str, schema: Any, kind: str, form: str) -> tuple[Decoder, bytes]:
    """The decoder of a format, and the frame of the schema."""
    config = SinkConfig.parse(
        {"registry.url": registry, "topics": "small", "format": form, "on_incompatible": "dead_letter"}
    )
    return decoder_for(SMALL, config, registry_for(config)), frame_of(register(registry, subject, schema, kind))


def frame_of(schema_id: int) -> bytes:
    return b"\0" + schema_id.to_bytes(4, "big")


def avro(registry: str) -> Form:
    schema = schema_of(SMALL, amount=["null", DECIMAL], node=["null", NODE], note=["null", "string"])
    # As long as the other, but without the meanings, so that there is nothing that it refuses to write.
    plain = fastavro.parse_schema(json.loads(json.dumps(schema), object_hook=_meaningless))

    def body(**more: Any) -> bytes:
        event = {"id": "é", "at": 0, "on": 7, "amount": _unscaled(10**5), "count": 5, "parts": [{"name": "a"}, {}]}
        written = io.BytesIO()
        fastavro.schemaless_writer(written, plain, event | more)
        return written.getvalue()

    up_to_node = body()[:-2]
    odd = [
        *(body(id=text, note=text) for text in TEXTS),
        *(body(on=days) for days in DAYS),
        *(body(at=seconds * 10**6) for seconds in SECONDS),
        *(body(amount=_unscaled(number)) for number in (1, -1, HUGE, -HUGE, 10**37, 10**38, 1 << 127)),
        *(body(amount=raw) for raw in (b"", b"\0" * 16, b"\xff" * 17, b"\0" * 70_000)),
        *(body(count=count) for count in COUNTS),
        *(body(score=score) for score in FLOATS),
        *(body(parts=[{"amount": _unscaled(number)}] * 3) for number in (1, 10**9, HUGE)),
        *(body(side="other"), body(parts=[{}] * 5_000)),
        *(up_to_node + b"\2" * depth + b"\0\0" for depth in (30, 31, 32, 33, 62, 63, 64, 65, 66, 1_000, 100_000)),
    ]
    decoder, frame = of_registry(registry, "hostile-avro", schema, "AVRO", "avro")
    return Form(decoder, frame, [body(id=f"T{n}", score=n / 7, side="debit", note="x") for n in range(50)], odd)


def protobuf(registry: str) -> Form:
    event, node = Writer(EVENT).type, bytes([10 << 3 | 2])

    def body(**more: Any) -> bytes:
        base = {"id": "é", "at": {"seconds": 0}, "count": 5, "parts": [{"name": "a"}, {"amount": {"value": "1.5"}}]}
        return bytes(event(**(base | more)).SerializeToString())

    def nested(depth: int) -> bytes:
        inner = b""
        for _ in range(depth):
            inner = b"\x0a" + _varint(len(inner)) + inner
        return body() + node + _varint(len(inner)) + inner

    odd = [
        *(body(id=text, note=text, parts=[{"amount": {"value": text}}]) for text in TEXTS),
        *(body(on=dict(zip(("year", "month", "day"), each, strict=True))) for each in DATES),
        *(body(at={"seconds": seconds}) for seconds in SECONDS),
        *(body(at={"nanos": nanos}) for nanos in (1, -1, 10**9)),
        *(body(amount={"value": _unscaled(n), "scale": s}) for n in (1, HUGE, 10**37) for s in (0, 5, -99, 1 << 30)),
        *(body(amount={"value": raw}) for raw in (b"", b"\xff" * 17, b"\0" * 70_000)),
        *(body(count=count) for count in COUNTS),
        *(body(score=score) for score in FLOATS),
        *(body(side="other"), body(parts=[{}] * 5_000)),
        *(nested(depth) for depth in (10, 95, 98, 99, 100, 101, 1_000, 5_000)),
    ]
    decoder, frame = of_registry(registry, "hostile-protobuf", EVENT, "PROTOBUF", "protobuf")
    # The indexes of a message that the contract cannot take, of none, and broken ones.
    frames = tuple(frame + indexes for indexes in (b"\2\6", b"\2\x62", b"\x80", b"\1", b"\x0e" + b"\x80" * 8))
    valid = [body(id=f"T{n}", score=n / 7, side="debit", note="x") for n in range(50)]
    return Form(decoder, frame + b"\0", valid, odd, frames=frames)


def framed_json(registry: str) -> Form:
    valid = [
        b'{"id":"T%d","at":"2026-01-31T13:45:00Z","on":"2026-01-31","amount":"1.5","count":7,"sure":true,"side":"debit",'
        b'"score":0.5,"parts":[{"name":"\xc3\xa9","amount":"1.5"}],"note":"x"}' % number
        for number in range(50)
    ]
    schema = {"type": "object", "properties": {"note": {"type": "string"}}}
    decoder, frame = of_registry(registry, "hostile-json", schema, "JSON", "json_schema")
    return Form(decoder, frame, valid, [], mutated)


FORMS: list[tuple[Callable[[str], Form], set[str]]] = [
    (avro, {"malformed", "not_utf8", "out_of_range", "below_minimum", "not_allowed"}),
    (protobuf, {"malformed", "not_utf8", "out_of_range", "below_minimum", "not_allowed", "wrong_type"}),
    (framed_json, {"malformed", "not_utf8", "out_of_range", "duplicate_field", "wrong_type", "not_an_object"}),
]


@pytest.mark.parametrize(("make", "reasons"), FORMS, ids=lambda each: each.__name__ if callable(each) else "")
def test_each_lands_or_is_rejected(registry: str, make: Callable[[str], Form], reasons: set[str]) -> None:
    chosen, form = random.Random(11), make(registry)
    strange = frame_of(register(registry, "hostile-other", {"type": "record", "name": "Other", "fields": []}))
    frames = [*form.frames, strange]
    bodies = form.mutated(chosen, form.valid + form.odd)
    hostile = frames_mutated(chosen, form.frame, bodies, frames)
    found = endure(form.decoder, hostile, [form.frame + each for each in form.valid], chosen)
    # All of it happens, or the mutations have lost their bite.
    assert found.landed > MESSAGES // TESTS // 100
    assert reasons | {"no_schema_id", "unknown_schema", "incompatible_schema", "empty"} <= set(found.reasons)
    found.require_no_growth()


@pytest.mark.parametrize("make", [each for each, _ in FORMS])
def test_one_message_may_be_ten_megabytes(registry: str, make: Callable[[str], Form]) -> None:
    form, long = make(registry), b"x" * 10_000_000
    # The note is a text of one byte at the end of each.
    before, _, behind = form.valid[0].rpartition(b"x")
    sizes: dict[Any, bytes] = {avro: _zigzag(len(long)), protobuf: _varint(len(long)), framed_json: b""}
    size = sizes[make]
    large = form.frame + (before[:-1] + size if size else before) + long + behind
    values = [form.frame + form.valid[1], large, large[:-1], large[:-3] + b"\xff" * 3, form.frame + form.valid[2]]
    decoded = decode(form.decoder, values, [None] * 5)
    assert decoded.positions.tolist() == [0, 1, 4]
    assert [each.position for each in decoded.rejected] == [2, 3]
    assert decoded.table["note"].to_pylist() == ["x", long.decode(), "x"]


def _meaningless(found: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in found.items() if name not in ("logicalType", "precision", "scale")}


def _unscaled(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def _varint(number: int) -> bytes:
    found = b""
    while number >= 128:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def _zigzag(number: int) -> bytes:
    return _varint(number << 1)
