"""A list has so many objects at most, in every format, alone and among others: more would take gigabytes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from avro_of_contracts import encoded, schema_of
from avro_of_contracts import registered as avro_schema
from decoding_of import decode
from protobuf_schemas import Writer, framed, registered, schema_text
from test_avro_agrees import SMALL
from test_protobuf_registered import ACCOUNTS, EVENT

from sinks.decoding.avro_decoder import AvroDecoder
from sinks.decoding.columns import MOST_ITEMS
from sinks.decoding.decoder import Decoder
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.protobuf_decoder import ProtobufDecoder

Form = tuple[Decoder, str, Callable[[int], bytes]]


def in_json() -> Form:
    return JsonDecoder(SMALL), "parts", lambda items: json.dumps({"id": "a", "parts": [{}] * items}).encode()


def in_avro() -> Form:
    schema = schema_of(SMALL)
    decoder = AvroDecoder(SMALL, avro_schema(schema))
    return decoder, "parts", lambda items: encoded(schema, {"id": "a", "parts": [{}] * items})


def in_protobuf() -> Form:
    text = schema_text(ACCOUNTS)
    decoder = ProtobufDecoder(ACCOUNTS, registered(text))
    return decoder, "parties", lambda items: framed(Writer(text).body(EVENT | {"parties": [{}] * items}))


@pytest.mark.parametrize("make", [in_json, in_avro, in_protobuf])
def test_a_list_that_is_too_long_is_out_of_range(make: Callable[[], Form]) -> None:
    decoder, field, message = make()
    long, longer, short = message(MOST_ITEMS), message(MOST_ITEMS + 1), message(2)
    decoded = decode(decoder, [short, long, longer, short], [b"k"] * 4)
    assert decoded.positions.tolist() == [0, 1, 3]
    assert [len(each) for each in decoded.table[field].to_pylist()] == [2, MOST_ITEMS, 2]
    assert [(each.position, each.reason) for each in decoded.rejected] == [(2, "out_of_range")]
    (alone,) = decode(decoder, [longer], [b"k"]).rejected
    assert alone.detail == f"{field} has {MOST_ITEMS + 1} items, of which a message may have {MOST_ITEMS}"
