"""Which decoder a topic's messages need, by its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from contracts import Contract
from sinks.config import SinkConfig
from sinks.decoding.avro_decoder import AvroDecoder
from sinks.decoding.debezium import Envelopes
from sinks.decoding.debezium_keys import PlainKeys
from sinks.decoding.decoder import Decoder
from sinks.decoding.framed import FramedDecoder
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_schema import JsonSchema
from sinks.decoding.json_schema_fields import layout
from sinks.decoding.protobuf_decoder import ProtobufDecoder
from sinks.decoding.registry import Kind, Schema, SchemaRegistry
from sinks.errors import SinkMisconfigured

# By the setting's value: the type in the registry, and what makes the decoder of one schema.
_FRAMED: dict[str, tuple[Kind, Callable[[Contract, Schema], Decoder]]] = {
    "avro": ("AVRO", AvroDecoder),
    "json_schema": ("JSON", lambda contract, schema: JsonSchema(JsonDecoder(layout(contract, schema)))),
    "json_schema, enveloped": ("JSON", lambda contract, _schema: JsonSchema(Envelopes(contract))),
    "protobuf": ("PROTOBUF", ProtobufDecoder),
}


def registry_for(config: SinkConfig, count_error: Callable[[str], None] = lambda _cause: None) -> SchemaRegistry | None:
    """The registry that the settings name, None if they name none; to be shared by all topics of a sink."""
    return SchemaRegistry(config.registry, count_error) if config.registry else None


def decoder_for(
    contract: Contract, config: SinkConfig, registry: SchemaRegistry | None, landed: Iterable[pa.Field] = ()
) -> Decoder:
    """The decoder of the contract's topic. ``landed`` are the columns that its landing table has beyond the contract's.

    Raises:
        SinkMisconfigured: the topic's format needs a registry, and none is set; or its envelope is not read in it.
    """
    plain = _decoder_for(contract, config, registry, landed)
    return PlainKeys(contract, plain) if config.enveloped(contract.topic) else plain


def _decoder_for(
    contract: Contract, config: SinkConfig, registry: SchemaRegistry | None, landed: Iterable[pa.Field]
) -> Decoder:
    enveloped = config.enveloped(contract.topic)
    chosen = config.formats.get(contract.topic, config.format)
    if chosen == "json":
        return Envelopes(contract) if enveloped else JsonDecoder(contract)
    if registry is None:
        raise SinkMisconfigured(f"topic {contract.topic} has the format {chosen}, which needs registry.url")
    found = _FRAMED.get(f"{chosen}, enveloped" if enveloped else chosen)
    if found is None:
        raise SinkMisconfigured(
            f"topic {contract.topic} has the format {chosen} and the envelope debezium, which is read in the formats "
            f"json and json_schema; set envelope.{contract.topic} or format.{contract.topic}"
        )
    kind, make = found
    return FramedDecoder(
        contract, registry, kind, lambda schema: make(contract, schema), config.on_incompatible, landed
    )
