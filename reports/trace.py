"""Walk from a filing back to the events it was made from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from contracts import contract_for
from reports.errors import TraceBroken
from reports.outbox import Filing, check_digests


@dataclass(frozen=True)
class Origin:
    """Where one movement of a filing came from. ``landed_at`` and ``committed_at`` are naive UTC; the commit is None
    where the ledger does not tell it."""

    transaction_id: str
    topic: str
    partition: int
    offset: int
    landed_at: datetime
    commit_id: str | None
    committed_at: datetime | None


def trace(connection: duckdb.DuckDBPyConnection, filing: Filing) -> list[Origin]:
    """The event of each movement in the filing, in the filing's order, each of them looked up in landing.

    Raises:
        IncidentError: the filing's files are not those its manifest names.
        TraceBroken: a movement is not in landing at the offset the manifest names; the message lists all of them.
    """
    check_digests(filing)
    movements = filing.manifest["transactions"]
    by_topic: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for movement in movements:
        by_topic[movement["topic"]].append(movement)
    origins = (origin for topic, listed in by_topic.items() for origin in _landed(connection, topic, listed))
    found = {origin.transaction_id: origin for origin in origins}
    lost = [movement for movement in movements if movement["transaction_id"] not in found]
    if lost:
        lines = "\n".join(
            f"  {movement['transaction_id']}: {movement['topic']}/{movement['partition']}@{movement['offset']}"
            for movement in lost
        )
        raise TraceBroken(
            f"filing {filing.filing_ref}: {len(lost)} of {len(movements)} movements are not in landing where the "
            f"manifest names them:\n{lines}\n"
            f"Read landing at the filing's pin {filing.pin}, and find out what removed the rows."
        )
    return [found[movement["transaction_id"]] for movement in movements]


def _landed(connection: duckdb.DuckDBPyConnection, topic: str, movements: list[dict[str, Any]]) -> list[Origin]:
    # A table's name cannot be bound; it is the contract's.
    statement = f"""
        with wanted as (
            select
                unnest($transaction_ids) as transaction_id,
                unnest($partitions) as partition,
                unnest($offsets) as "offset"
        ),

        ranges as (
            select commit_id, committed_at, unnest(ranges) as span
            from lake.ledger.commits
            where topic = $topic
        ),

        final as (
            select
                wanted.transaction_id,
                wanted.partition,
                wanted."offset",
                min(landed._landed_at) as landed_at,
                min(ranges.commit_id) as commit_id,
                min(ranges.committed_at) as committed_at
            from wanted
            inner join lake.landing.{contract_for(topic).table} as landed
                on wanted.transaction_id = landed.transaction_id
                and wanted.partition = landed._partition
                and wanted."offset" = landed._offset
            -- A topic made again has the same offsets again; the moment tells its commits from those of the former one.
            left join ranges
                on landed._landed_at = ranges.committed_at
                and wanted.partition = ranges.span.partition
                and wanted."offset" >= ranges.span.first_offset
                and wanted."offset" < ranges.span.next_offset
            group by all
        )

        select * from final
    """  # noqa: S608
    rows = connection.execute(
        statement,
        {
            "topic": topic,
            "transaction_ids": [movement["transaction_id"] for movement in movements],
            "partitions": [movement["partition"] for movement in movements],
            "offsets": [movement["offset"] for movement in movements],
        },
    ).fetchall()
    return [
        Origin(transaction_id, topic, partition, offset, landed_at, commit_id, committed_at)
        for transaction_id, partition, offset, landed_at, commit_id, committed_at in rows
    ]
