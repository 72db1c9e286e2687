"""Quix Streams: a batching sink, flushed at each checkpoint, as its guide to custom sinks shows."""

from __future__ import annotations

from typing import Any

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch
from typed_table import TypedTable, began, measured


class DuckDBSink(BatchingSink):
    """A checkpoint's messages of a partition in one insert."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._table = TypedTable(path)

    def add(self, *message: Any, **rest: Any) -> None:
        """Called for each message; only the first has to be noticed."""
        began()
        self.add = super().add
        super().add(*message, **rest)

    def write(self, batch: SinkBatch) -> None:
        """Called by the checkpoint, before the offsets are committed."""
        self._table.insert([item.value for item in batch])


def land(order: dict[str, Any]) -> None:
    """Land the topic."""
    application = Application(
        broker_address=order["kafka"],
        consumer_group=order["group"],
        auto_offset_reset="earliest",
        commit_every=100_000,
        commit_interval=1.0,
        loglevel="ERROR",
        consumer_extra_config=order["tuning"],
    )
    topic = application.topic(order["topic"], value_deserializer="bytes", key_deserializer="bytes")
    application.dataframe(topic).sink(DuckDBSink(order["path"]))
    application.run(count=order["messages"], collect=False)


if __name__ == "__main__":
    measured(land)
