"""Which partition a key belongs to: murmur2, as Kafka's own clients place it, so that a run can be repeated exactly."""

from __future__ import annotations

import polars as pl

_SEED, _MULTIPLIER, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The 32-bit hash of Kafka's default partitioner (org.apache.kafka.common.utils.Utils.murmur2), unsigned."""
    length = len(data)
    state = _SEED ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _MASK
        word = (word ^ word >> 24) * _MULTIPLIER & _MASK
        state = (state * _MULTIPLIER & _MASK) ^ word
    if length & 3:
        state = (state ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    state = (state ^ state >> 13) * _MULTIPLIER & _MASK
    return state ^ state >> 15


def partition_of(keys: pl.Series, partitions: int) -> pl.Series:
    """The partition (Int64) of each key for a topic of ``partitions``; each distinct key is hashed once."""
    distinct = keys.unique(maintain_order=True)
    placed = [(murmur2(key.encode()) & 0x7FFFFFFF) % partitions for key in distinct]
    return keys.replace_strict(distinct, pl.Series(placed, dtype=pl.Int64), return_dtype=pl.Int64)
