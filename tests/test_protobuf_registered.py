"""Protobuf by schemas of the real registry: references, several messages of one schema, evolution, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from decoding_of import decode
from protobuf_schemas import Writer, framed, schema_text
from schemas import register

from contracts import contract_for
from sinks.config import RegistrySettings, SinkConfig
from sinks.decoding.decoder import Decoder
from sinks.decoding.formats import decoder_for, registry_for
from sinks.decoding.framed import FramedDecoder
from sinks.decoding.protobuf_decoder import ProtobufDecoder
from sinks.decoding.registry import SchemaRegistry
from sinks.errors import SchemaIncompatible

ACCOUNTS = contract_for("bank.accounts")
EVENT: dict[str, Any] = {
    "account_id": "A1",
    "currency": "EUR",
    "opened_on": "2026-01-31",
    "status": "active",
    "parties": [{"party_id": "P1", "role": "holder"}],
    "updated_at": "2026-01-31T13:45:00.000001+00:00",
}
HEADER = "message Header { string id = 1; }\n"


def decoder(registry: str, **more: str) -> Decoder:
    """The decoder of accounts."""
    config = SinkConfig.parse({"registry.url": registry, "format.bank.accounts": "protobuf", **more})
    return decoder_for(ACCOUNTS, config, registry_for(config))


def test_a_schema_with_references(registry: str) -> None:
    head, item, parties = schema_text(ACCOUNTS).partition("message PartiesItem")
    shared = 'syntax = "proto3"; package bank; ' + item + parties
    text = head.replace("package bank;", 'package bank; import "bank/shared.proto";')
    register(registry, "protobuf-shared", shared, "PROTOBUF")
    references = [{"name": "bank/shared.proto", "subject": "protobuf-shared", "version": 1}]
    known = register(registry, "protobuf-main", text, "PROTOBUF", references)
    writer = Writer(text, {"bank/shared.proto": shared})
    values: list[bytes | None] = [framed(writer.body(EVENT), known), None, framed(writer.body(EVENT)[:-1], known)]
    decoded = decode(decoder(registry), values, [b"A1"] * 3)
    assert decoded.table["parties"].to_pylist() == [EVENT["parties"], None]
    assert decoded.table["_tombstone"].to_pylist() == [False, True]
    assert [(each.position, each.reason) for each in decoded.rejected] == [(2, "malformed")]


def test_an_added_field_becomes_a_column_and_a_removed_one_null(registry: str) -> None:
    old = schema_text(ACCOUNTS)
    new = schema_text(ACCOUNTS, more="  optional sint64 limit = 90;").replace(
        "optional string purpose", "optional string aim"
    )
    first = register(registry, "protobuf-old", old, "PROTOBUF")
    second = register(registry, "protobuf-new", new, "PROTOBUF")
    values = [
        framed(Writer(old).body(EVENT | {"purpose": "rent"}), first),
        framed(Writer(new).body(EVENT | {"limit": -5, "aim": "rent"}), second),
    ]
    client = SchemaRegistry(RegistrySettings(url=registry))
    evolving = FramedDecoder(ACCOUNTS, client, "PROTOBUF", lambda schema: ProtobufDecoder(ACCOUNTS, schema))
    table = decode(evolving, values, [None] * 2).table
    assert table.select(["purpose", "limit", "aim"]).to_pylist() == [
        {"purpose": "rent", "limit": None, "aim": None},
        {"purpose": None, "limit": -5, "aim": "rent"},
    ]
    assert table.column_names[-3:] == ["_extra", "_tombstone", "_key"]


def test_only_messages_that_do_not_fit_are_set_aside(registry: str) -> None:
    text = schema_text(ACCOUNTS) + HEADER
    known = register(registry, "protobuf-two", text, "PROTOBUF")
    index = text.count("\nmessage ") - 1
    event = framed(Writer(text).body(EVENT), known)
    header = framed(Writer(text, indexes=(index,)).body({"id": "x"}), known, bytes((2, 2 * index)))
    with pytest.raises(SchemaIncompatible, match=r"bank\.Header has no field account_id"):
        decode(decoder(registry), [event, header], [None] * 2)
    decoded = decode(decoder(registry, on_incompatible="dead_letter"), [event, header, event], [None] * 3)
    assert decoded.positions.tolist() == [0, 2]
    assert [(each.position, each.reason) for each in decoded.rejected] == [(1, "incompatible_schema")]
