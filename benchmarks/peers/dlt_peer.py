"""dlt: a resource that yields Arrow tables, in loads of at most ``load_rows`` messages; 0 for one load of all.

Its offsets are in the load's own state, so that a load that failed is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
from confluent_kafka import Consumer, TopicPartition
from typed_table import began, landed, measured, typed


def land(order: dict[str, Any]) -> None:
    """Land the topic."""
    path = Path(order["path"])
    pipeline = dlt.pipeline(
        "ingest",
        pipelines_dir=str(path.parent / "dlt"),
        destination=dlt.destinations.duckdb(str(path)),
        dataset_name="main",
    )
    consumer = Consumer(
        {
            **order["tuning"],
            "bootstrap.servers": order["kafka"],
            "group.id": order["group"],
            "enable.auto.commit": False,
        }
    )
    left = order["messages"]
    while left:
        rows = min(left, order["load_rows"] or left)
        pipeline.run(_messages(consumer, order, rows), loader_file_format="parquet")
        landed()
        left -= rows
    consumer.close()


def _messages(consumer: Consumer, order: dict[str, Any], rows: int) -> Any:
    @dlt.resource(name="transactions", write_disposition="append")
    def transactions() -> Iterator[pa.Table]:
        offsets = dlt.current.resource_state().setdefault("offsets", {})
        consumer.assign([TopicPartition(order["topic"], n, offsets.get(str(n), 0)) for n in range(order["partitions"])])
        connection = duckdb.connect()
        taken = 0
        while taken < rows:
            messages = consumer.consume(min(10_000, rows - taken), 1.0)
            if messages:
                began()
                taken += len(messages)
                for message in messages:
                    offsets[str(message.partition())] = message.offset() + 1
                yield typed(connection, [message.value() for message in messages])

    return transactions


if __name__ == "__main__":
    measured(land)
