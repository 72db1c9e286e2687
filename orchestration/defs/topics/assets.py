"""Kafka's topics, where the graph begins. Dagster does not make them, so they are external."""

from __future__ import annotations

import dagster as dg

import contracts


def topic_key(topic: str) -> dg.AssetKey:
    """The asset of a topic."""
    return dg.AssetKey(["topics", topic])


topics = [
    dg.AssetSpec(
        topic_key(contract.topic),
        description=contract.description,
        group_name="topics",
        kinds={"kafka"},
        metadata={
            "key": contract.key,
            "event time": contract.event_time,
            "fields": dg.MetadataValue.table_schema(
                dg.TableSchema([dg.TableColumn(field.name, field.type, field.description) for field in contract.fields])
            ),
        },
    )
    for contract in contracts.load().values()
]
