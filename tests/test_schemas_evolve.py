"""A topic's schemas change under it: what is added becomes a column, what is removed is null, what clashes is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from avro_of_contracts import encoded, event_of, schema_of
from decoding_of import decode
from landing_bench import party
from schemas import framed, register

from contracts import contract_for
from sinks.config import RegistrySettings
from sinks.decoding.avro_decoder import AvroDecoder
from sinks.decoding.framed import FramedDecoder, OnIncompatible
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_schema import JsonSchema
from sinks.decoding.json_schema_fields import layout
from sinks.decoding.registry import SchemaRegistry
from sinks.errors import SchemaIncompatible

CONTRACT = contract_for("bank.parties")


class Writer:
    """Registers schemas of one subject with the real registry and writes by them."""

    def __init__(
        self, registry: str, subject: str, on_incompatible: OnIncompatible = "stop", landed: Sequence[pa.Field] = ()
    ) -> None:
        self._registry, self._subject = registry, subject
        client = SchemaRegistry(RegistrySettings(url=registry))
        self.decoder = FramedDecoder(
            CONTRACT, client, "AVRO", lambda each: AvroDecoder(CONTRACT, each), on_incompatible, landed
        )

    def write(self, more: dict[str, Any] | None = None, without: tuple[str, ...] = (), **changed: Any) -> bytes:
        """One party by the contract's schema, with fields of other types, and without some."""
        schema = schema_of(CONTRACT, **changed)
        schema["fields"] = [each for each in schema["fields"] if each["name"] not in without]
        known = register(self._registry, self._subject, schema)
        return encoded(schema, event_of(CONTRACT, party(1)) | (more or {}), known)


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def test_added_fields_become_columns_and_removed_ones_are_null(registry: str) -> None:
    writer = Writer(registry, "evolve-added")
    values: list[bytes | None] = [
        writer.write(),
        writer.write({"score": 0.5, "limit": Decimal("1.25")}, score="float", limit=["null", decimal(18, 4)]),
        writer.write({"score": 0.25, "limit": Decimal("1.5")}, score="double", limit=decimal(20, 4)),
        writer.write(without=("expected_monthly_turnover",)),
        None,
    ]
    table = decode(writer.decoder, values, [b"k"] * 5).table
    assert table.schema.names[len(CONTRACT.fields) :] == ["score", "limit", "_extra", "_tombstone", "_key"]
    assert (table.schema.field("score").type, table.schema.field("limit").type) == (pa.float64(), pa.decimal128(20, 4))
    assert table["score"].to_pylist() == [None, 0.5, 0.25, None, None]
    assert table["limit"].to_pylist() == [None, Decimal("1.25"), Decimal("1.5"), None, None]
    turnover = table["expected_monthly_turnover"].to_pylist()
    assert turnover == [*[Decimal("1250.0000")] * 3, None, None]
    assert table["_extra"].null_count == 5


def test_what_may_be_no_column_stays_as_it_is_in_extra(registry: str) -> None:
    writer = Writer(registry, "evolve-extra")
    more = {"_own": "a", "Name": "b", "x": 1, "X": 2, "tags": ["c"], "raw": b"\xff"}
    kinds: dict[str, Any] = {
        "_own": "string",
        "Name": "string",
        "x": "int",
        "X": "int",
        "tags": {"type": "array", "items": "string"},
    }
    table = decode(writer.decoder, [writer.write(more, raw="bytes", **kinds)], [None]).table
    assert table.schema.names[len(CONTRACT.fields) :] == ["_extra", "_tombstone", "_key"]
    found = json.loads(table["_extra"][0].as_py())
    assert found == more | {"raw": {"base64": "/w=="}}


def test_a_renamed_field_is_found_by_its_alias(registry: str) -> None:
    writer = Writer(registry, "evolve-alias")
    schema = schema_of(CONTRACT)
    for each in schema["fields"]:
        if each["name"] == "name":
            each |= {"name": "full_name", "aliases": ["name"]}
    event = event_of(CONTRACT, party(1))
    value = encoded(schema, event | {"full_name": event["name"]}, register(registry, "evolve-alias", schema))
    table = decode(writer.decoder, [value], [None]).table
    assert table["name"].to_pylist() == ["José 1"]
    assert "full_name" not in table.column_names


@pytest.mark.parametrize(
    ("changed", "without", "told"),
    [
        ({"pep": ["null", "string"]}, (), r"pep is string in the schema, boolean in the contract"),
        ({"expected_monthly_turnover": "double"}, (), r"turnover is double .* decimal\(18,4\).* keep it exact"),
        ({"updated_at": "long"}, (), r"updated_at is long .* timestamp-millis"),
        ({}, ("name",), r"it lacks name, which is required"),
    ],
)
def test_what_the_contract_cannot_take_stops_the_topic_or_is_set_aside(
    registry: str, changed: dict[str, Any], without: tuple[str, ...], told: str
) -> None:
    more = {"pep": "no", "expected_monthly_turnover": 1.5, "updated_at": 5}
    stopping = Writer(registry, f"evolve-wrong-{len(told)}")
    bad = stopping.write({name: more[name] for name in changed}, without, **changed)
    with pytest.raises(SchemaIncompatible, match=told) as stopped:
        decode(stopping.decoder, [stopping.write(), bad], [None] * 2)
    assert stopped.value.topic == "bank.parties"
    assert f"evolve-wrong-{len(told)} version" in str(stopped.value)
    aside = Writer(registry, f"evolve-wrong-{len(told)}", "dead_letter")
    decoded = decode(aside.decoder, [aside.write(), bad, aside.write()], [None] * 3)
    assert decoded.positions.tolist() == [0, 2]
    assert [(each.position, each.reason) for each in decoded.rejected] == [(1, "incompatible_schema")]


def test_two_schemas_that_mean_different_things_by_one_name_clash(registry: str) -> None:
    writer = Writer(registry, "evolve-clash", "dead_letter")
    first = writer.write({"score": 5}, score="long")
    second = writer.write({"score": "high"}, score="string")
    decode(writer.decoder, [first], [None])
    decoded = decode(writer.decoder, [second, first], [None] * 2)
    assert decoded.positions.tolist() == [1]
    assert "score is string in the schema, int64 in the landing table or an earlier one" in decoded.rejected[0].detail


def test_what_goes_with_the_landing_table_lands_and_what_does_not_is_set_aside(registry: str) -> None:
    landed = [pa.field("score", pa.int64()), pa.field("limit", pa.decimal128(9, 2))]
    writer = Writer(registry, "evolve-landed", "dead_letter", landed)
    values = [
        writer.write({"score": "high"}, score="string"),
        writer.write({"score": 5, "limit": Decimal("1.2345")}, score="int", limit=decimal(18, 4)),
        writer.write({"Score": 5}, Score="int"),
    ]
    decoded = decode(writer.decoder, values, [None] * 3)
    assert decoded.positions.tolist() == [1]
    assert [each.detail.split(": ")[1] for each in decoded.rejected] == [
        "score is string in the schema, int64 in the landing table or an earlier one; give it another name.",
        "Score and score of the landing table or an earlier schema differ only in case.",
    ]


def test_a_json_schema_says_which_fields_become_columns(registry: str) -> None:
    client = SchemaRegistry(RegistrySettings(url=registry))
    decoder = FramedDecoder(CONTRACT, client, "JSON", lambda each: JsonSchema(JsonDecoder(layout(CONTRACT, each))))
    schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "colour": {"oneOf": [{"type": "null"}, {"type": "string"}]},
            "visits": {"type": ["integer", "null"]},
            "weight": {"type": "number"},
        },
    }
    known = register(registry, "evolve-json", schema, "JSON")
    value = framed(known, party(1, colour="red", visits=3, weight=1.5, other=[1]))
    table = decode(decoder, [value], [None]).table
    assert table.schema.names[len(CONTRACT.fields) : -3] == ["colour", "visits"]
    assert (table["colour"].to_pylist(), table["visits"].to_pylist()) == (["red"], [3])
    assert table["_extra"].to_pylist() == ['{"weight":1.5,"other":[1]}']
    wrong = register(registry, "evolve-json-wrong", schema | {"properties": {"name": {"type": "integer"}}}, "JSON")
    with pytest.raises(SchemaIncompatible, match="name is integer in the schema, string in the contract"):
        decode(decoder, [framed(wrong, party(2))], [None])
