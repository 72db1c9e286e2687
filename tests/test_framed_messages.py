"""Confluent's wire format, by JSON Schema: what names a schema lands by it, what names none is told apart."""

from __future__ import annotations

from decoding_of import decode
from landing_bench import party
from schemas import framed, register

from contracts import contract_for
from sinks.config import SinkConfig
from sinks.decoding.formats import decoder_for, registry_for
from sinks.decoding.json_decoder import JsonDecoder

CONTRACT = contract_for("bank.parties")
SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}


def test_each_message_lands_by_its_schema_or_tells_why_not(registry: str) -> None:
    known = [register(registry, f"framed-{n}", SCHEMA | {"title": str(n)}, "JSON") for n in range(2)]
    avro = register(registry, "framed-avro", {"type": "record", "name": "F", "fields": []})
    config = SinkConfig.parse({"registry.url": registry, "format": "json_schema", "on_incompatible": "dead_letter"})
    decoder = decoder_for(CONTRACT, config, registry_for(config))
    values: list[bytes | None] = [
        *(framed(known[number % 2], party(number)) for number in range(20)),
        None,
        b"",
        party(20),
        b"\0\0\0\0",
        framed(2_147_483_600, party(21)),
        framed(avro, b""),
        framed(known[0], b""),
        framed(known[1], b"\xff"),
        framed(known[0], party(22)),
    ]
    decoded = decode(decoder, values, [b"k"] * len(values))
    assert decoded.positions.tolist() == [*range(21), 28]
    assert {each.position: each.reason for each in decoded.rejected} == {
        21: "empty",
        22: "no_schema_id",
        23: "no_schema_id",
        24: "unknown_schema",
        25: "incompatible_schema",
        26: "empty",
        27: "not_utf8",
    }
    plain = [*(party(number) for number in range(20)), None, party(22)]
    assert decoded.table.equals(decode(JsonDecoder(CONTRACT), plain, [b"k"] * len(plain)).table)
    assert "framed-avro version 1): it is of the type AVRO" in decoded.rejected[4].detail


def test_messages_of_one_schema_are_decoded_together(registry: str) -> None:
    known = register(registry, "framed-one", SCHEMA | {"title": "one"}, "JSON")
    config = SinkConfig.parse({"registry.url": registry, "format.bank.parties": "json_schema"})
    values = [party(number) for number in range(20_000)]
    decoded = decode(
        decoder_for(CONTRACT, config, registry_for(config)), [framed(known, v) for v in values], [None] * 20_000
    )
    assert decoded.table.equals(decode(JsonDecoder(CONTRACT), values, [None] * 20_000).table)
