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
# Inside a JSON string a quote is escaped, so this can only be a member of an object in a list.
_NULL_MEMBER = r',"[a-z0-9_]+":null|"[a-z0-9_]+":null,'
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
    values = _json(events.select(columns))
    if any(field.fields for field in contract.fields):
        values = values.str.replace_all(_NULL_MEMBER, "")
    return events.select(
        pl.col(contract.key).alias("key"),
        values,
        pl.col(contract.event_time).dt.epoch("ms").alias("timestamp"),
    )


def _json(rows: pl.DataFrame) -> pl.Series:
    """Each row as a JSON object of its non-null columns.

    Few combinations of null columns occur, so rows are encoded in groups of equal combinations: three times as fast as
    encoding the nulls and taking them out again.
    """
    sparse = [column for column in rows.columns if rows[column].null_count()]
    nulls = [pl.col(column).is_null().cast(pl.Int64) * (1 << bit) for bit, column in enumerate(sparse)]
    marked = rows.with_columns(
        pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *nulls).alias("_nulls"), pl.int_range(pl.len()).alias("_row")
    )
    encoded = [
        group.select(
            "_row",
            pl.struct(
                column for column in rows.columns if column not in sparse or not combination >> sparse.index(column) & 1
            )
            .struct.json_encode()
            .alias("value"),
        )
        for (combination,), group in marked.partition_by("_nulls", as_dict=True).items()
    ]
    return pl.concat(encoded).sort("_row")["value"] if encoded else pl.Series("value", [], dtype=pl.String)


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
