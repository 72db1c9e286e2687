"""bytewax: its Kafka source with large batches, and a sink that inserts each batch as it comes."""

from __future__ import annotations

from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from typed_table import TypedTable, began, measured


class Partition(StatelessSinkPartition):
    """Gathers what one insert is worth."""

    def __init__(self, path: str) -> None:
        self._table, self._waiting = TypedTable(path), []  # type: tuple[TypedTable, list[bytes]]

    def write_batch(self, items: list[Any]) -> None:
        """Take the messages; insert once there are many."""
        began()
        self._waiting += [item.value for item in items]
        if len(self._waiting) >= 50_000:
            self._insert()

    def close(self) -> None:
        """Insert the rest."""
        self._insert()

    def _insert(self) -> None:
        if self._waiting:
            self._table.insert(self._waiting)
            self._waiting = []


class DuckDBSink(DynamicSink):
    """One writer."""

    def __init__(self, path: str) -> None:
        self._path = path

    def build(self, *_: Any) -> Partition:
        """The writer of a worker, whichever it is."""
        return Partition(self._path)


def land(order: dict[str, Any]) -> None:
    """Land the topic."""
    tuning = {name: str(value) for name, value in order["tuning"].items()}
    source = KafkaSource([order["kafka"]], [order["topic"]], tail=False, add_config=tuning, batch_size=10_000)
    flow = Dataflow("ingest")
    op.output("out", op.input("in", flow, source), DuckDBSink(order["path"]))
    run_main(flow)


if __name__ == "__main__":
    measured(land)
