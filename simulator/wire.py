"""Frames of events → messages as they stand on a topic: JSON without nulls, the contract's key and event time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import polars as pl

from contracts import contract_for
from simulator.partitioner import partition_of

Batch = Mapping[str, pl.DataFrame]
"""Messages by topic: frames of key (String), value (String, null for a tombstone), timestamp (Int64, ms), in order."""
TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%S%.6fZ"
# Inside a JSON string a quote is escaped, so this can only be a member; a first member is required and never null.
_NULL_MEMBER = r',"[a-z0-9_]+":null'
MESSAGE_SCHEMA = {"key": pl.String, "value": pl.String, "timestamp": pl.Int64}


def messages(topic: str, events: pl.DataFrame) -> pl.DataFrame:
    """Messages of ``events``, whose columns are fields of the topic's contract; order is kept.

    Decimals come as Decimal or as text, timestamps as naive UTC, dates as Date, what is inside a list as it shall stand
    in the JSON. A column that is no field of the contract raises KeyError; fields without a column are left out.
    """
    contract = contract_for(topic)
    for name in events.columns:
        contract.field(name)
    columns = []
    for field in contract.fields:
        if field.name not in events.columns:
            continue
        column = pl.col(field.name)
        if field.type == "timestamp":
            column = column.dt.strftime(TIMESTAMP_FORMAT)
        elif field.type == "date":
            column = column.dt.strftime("%Y-%m-%d")
        elif field.decimal:
            column = column.cast(pl.String)
        columns.append(column)
    return events.select(
        pl.col(contract.key).alias("key"),
        pl.struct(columns).struct.json_encode().str.replace_all(_NULL_MEMBER, "").alias("value"),
        pl.col(contract.event_time).dt.epoch("ms").alias("timestamp"),
    )


def digest(batches: Iterable[Batch], partitions: int) -> str:
    """SHA-256 over topic, key, value, timestamp and partition of every message, for topics of ``partitions``."""
    sums: dict[str, hashlib._Hash] = {}
    for batch in batches:
        for topic, frame in batch.items():
            keys = frame["key"].to_list()
            placed = partition_of(frame["key"], partitions).to_list()
            state = sums.setdefault(topic, hashlib.sha256(topic.encode()))
            for key, value, stamp, partition in zip(keys, frame["value"], frame["timestamp"], placed, strict=True):
                state.update(f"{key}\0{value}\0{stamp}\0{partition}\n".encode())
    return hashlib.sha256("".join(f"{t}:{s.hexdigest()}" for t, s in sorted(sums.items())).encode()).hexdigest()


def counts(batch: Batch) -> dict[str, int]:
    """Messages by topic."""
    return {topic: frame.height for topic, frame in batch.items()}
