"""Walk from a filing back to the events it was made from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from contracts import contract_for
from lakehouse import snapshots
from reports.errors import TraceBroken
from reports.outbox import Filing, check_digests


@dataclass(frozen=True)
class Origin:
    """Where one movement of a filing came from. ``landed_at`` and ``committed_at`` are naive UTC; the commit is None
    where the ledger does not tell it. ``settled_amount`` is in ``settled_currency``, as it landed."""

    transaction_id: str
    topic: str
    partition: int
    offset: int
    settled_amount: Decimal | None
    settled_currency: str | None
    landed_at: datetime
    commit_id: str | None
    committed_at: datetime | None


def trace(connection: duckdb.DuckDBPyConnection, filing: Filing) -> list[Origin]:
    """The event of each movement in the filing, in the filing's order.

    Each is looked up twice: in landing as it was at the filing's pin, and as it is now.

    Raises:
        IncidentError: the filing's files are not those its manifest names.
        TraceBroken: a movement is not in landing at the offset the manifest names, or with another amount; the message
            lists all of them.
        lakehouse.errors.SnapshotGone: the filing's pin is not in the lake any more.
    """
    check_digests(filing)
    snapshots.require(connection, filing.pin)
    movements = filing.manifest["transactions"]
    found = _origins(connection, movements, filing.pin)
    now = _origins(connection, movements, snapshots.latest(connection))
    faults = [
        f"{movement['transaction_id']}: {movement['topic']}/{movement['partition']}@{movement['offset']} {fault}"
        + _rewound(connection, movement)
        for movement in movements
        if (fault := _fault(movement, found, f"at snapshot {filing.pin}") or _fault(movement, now, "now"))
    ]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise TraceBroken(
            f"filing {filing.filing_ref}: {len(faults)} of {len(movements)} movements are not in landing as the "
            f"manifest tells them:\n{lines}\n"
            f"Compare landing at the filing's pin {filing.pin} with what it is now, and find out what changed the rows."
        )
    return [found[movement["transaction_id"]] for movement in movements]


def _fault(movement: dict[str, Any], found: dict[str, Origin], when: str) -> str | None:
    """What is wrong with the movement in landing, None if nothing is."""
    origin = found.get(movement["transaction_id"])
    if origin is None:
        return f"is not there {when}"
    told = (movement["settled_amount"], movement["settled_currency"])
    landed = (str(origin.settled_amount), origin.settled_currency)
    return None if told == landed else f"has {landed[0]} {landed[1]} {when}, not {told[0]} {told[1]}"


def _rewound(connection: duckdb.DuckDBPyConnection, movement: dict[str, Any]) -> str:
    """Who landed the movement's offset again, when and why; empty if nobody did."""
    row = connection.execute(
        """
        with rewinds as (
            select rewound_by, reason, rewound_at, unnest(ranges) as span from lake.ledger.rewinds where topic = ?
        ),

        final as (
            select rewound_by, reason, rewound_at
            from rewinds
            where span.partition = ? and ? >= span.first_offset and ? < span.next_offset
            order by rewound_at desc
            limit 1
        )

        select * from final
        """,
        [movement["topic"], movement["partition"], movement["offset"], movement["offset"]],
    ).fetchone()
    return f"; landed again by {row[0]} at {row[2]}: {row[1]}" if row else ""


def _origins(connection: duckdb.DuckDBPyConnection, movements: list[dict[str, Any]], pin: int) -> dict[str, Origin]:
    """The landed movements at snapshot ``pin``, by transaction_id."""
    by_topic: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for movement in movements:
        by_topic[movement["topic"]].append(movement)
    origins = (origin for topic, listed in by_topic.items() for origin in _landed(connection, topic, listed, pin))
    return {origin.transaction_id: origin for origin in origins}


def _landed(
    connection: duckdb.DuckDBPyConnection, topic: str, movements: list[dict[str, Any]], pin: int
) -> list[Origin]:
    # Neither a table's name nor a snapshot can be bound; one is the contract's, the other an integer.
    statement = f"""
        with wanted as (
            select
                unnest($transaction_ids) as transaction_id,
                unnest($partitions) as partition,
                unnest($offsets) as "offset"
        ),

        landed as (
            select transaction_id, settled_amount, settled_currency, _partition, _offset, _landed_at
            from lake.landing.{contract_for(topic).table} at (version => {int(pin)})
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
                landed.settled_amount,
                landed.settled_currency,
                min(landed._landed_at) as landed_at,
                min(ranges.commit_id) as commit_id,
                min(ranges.committed_at) as committed_at
            from wanted
            inner join landed
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
        Origin(transaction_id, topic, partition, offset, amount, currency, landed_at, commit_id, committed_at)
        for transaction_id, partition, offset, amount, currency, landed_at, commit_id, committed_at in rows
    ]
