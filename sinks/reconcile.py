"""Reconciliation: proof against the broker that every offset landed once, and none was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from contracts import Contract, contract_for
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from sinks.broker import Broker, Held, named_servers
from sinks.reconcile_queries import BOUNDS, COUNTED, MISSING, SEEN
from sinks.records import Partition, Range
from sinks.rereading import count_records
from sinks.topic_patterns import chosen_topics

SERVICE_SECONDS = 30.0


@dataclass(frozen=True)
class PartitionReconciliation:
    """One partition of one topic (of one ``topic_id``), from the first offset landed up to the ledger's next.

    ``rows`` and ``dead_letters`` are counted in the lake. ``gaps`` were accepted by an operator. ``holes`` are offsets
    that hold no message: transaction markers, aborted and compacted messages; the broker was asked for each that it
    still has, the others are those that the commits noted. ``lost`` is what is left: offsets that should have landed
    and have not. ``twice`` counts rows and dead letters beyond the first for one offset, ``strays`` rows that no commit
    accounts for, ``out_of_order`` rows that stand behind one with a higher offset. ``log_start`` and ``log_end`` are
    None for a topic that is no more.
    """

    topic: str
    topic_id: str
    partition: int
    log_start: int | None
    log_end: int | None
    first_offset: int
    next_offset: int
    rows: int
    dead_letters: int
    holes: int
    gaps: int
    lost: int
    twice: int
    strays: int
    out_of_order: int

    @property
    def offsets(self) -> int:
        """How many offsets the ledger says are done with."""
        return self.next_offset - self.first_offset

    @property
    def exact(self) -> bool:
        """Whether every offset is accounted for, once."""
        return not (self.lost or self.twice or self.strays or self.out_of_order)


def reconcile(
    settings: Settings,
    topics: Iterable[str],
    *,
    contracts: Mapping[str, Contract] | None = None,
    kafka: Mapping[str, Any] | None = None,
) -> list[PartitionReconciliation]:
    """Reconcile each partition of ``topics`` that was ever landed. Sinks may run meanwhile.

    A pattern among them stands for the topics with a contract that the brokers have under it, or the ledger.

    Raises:
        SinkError: the brokers do not answer, or have no such topic.
        LakeError: the lake cannot be attached.
    """
    servers = named_servers(settings)
    with Broker(servers, kafka or {}, SERVICE_SECONDS) as broker, connect(settings) as connection:
        names = chosen_topics(topics, contracts, lambda: {*broker.names(), *_landed(connection)})
        chosen = {topic: contracts[topic] if contracts else contract_for(topic) for topic in names}
        prepare(connection, chosen.values())
        connection.execute("begin")  # one snapshot for everything that is read
        found = []
        for topic, contract in chosen.items():
            described = broker.topics([topic])[topic]
            held = broker.held(described.partitions)
            for counted, missing in _count(connection, topic, contract):
                current = counted["topic_id"] == described.topic_id
                here = held.get(Partition(topic, counted["partition"])) if current else None
                found.append(_judge(settings, kafka or {}, topic, counted, missing, here))
        connection.execute("rollback")
    return found


def _landed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The topics of which something was landed: under a pattern, one that is gone from the brokers is missed too."""
    prepare(connection, ())
    return [topic for (topic,) in connection.execute("select distinct topic from lake.ledger.offsets").fetchall()]


def _judge(
    settings: Settings,
    kafka: Mapping[str, Any],
    topic: str,
    counted: dict[str, Any],
    missing: list[Range],
    held: Held | None,
) -> PartitionReconciliation:
    """Tell holes from losses among the offsets that are ``missing`` in the lake."""
    partition = Partition(topic, counted["partition"])
    absent = sum(each.next - each.first for each in missing)
    noted = counted.pop("noted_holes")
    if held is None:
        lost = max(absent - noted, 0)
    else:
        readable = [Range(max(each.first, held.start), each.next) for each in missing if each.next > held.start]
        still_there = sum(each.next - each.first for each in readable)
        lost = count_records(named_servers(settings), kafka, partition, readable)
        # A noted hole explains one missing offset: those that the broker just showed to be holes are used up.
        noted = max(noted - (still_there - lost), 0)
        lost += max(absent - still_there - noted, 0)
    return PartitionReconciliation(
        topic=topic,
        log_start=held.start if held else None,
        log_end=held.end if held else None,
        holes=absent - lost,
        lost=lost,
        **counted,
    )


def _count(
    connection: duckdb.DuckDBPyConnection, topic: str, contract: Contract
) -> list[tuple[dict[str, Any], list[Range]]]:
    """For each partition of each topic id what the lake holds of it, and which offsets it misses."""
    # The table's name comes from a contract and has only letters, digits and underscores.
    connection.execute(SEEN.replace("{table}", contract.table), {"topic": topic})
    connection.execute(BOUNDS, {"topic": topic})
    counted = connection.execute(COUNTED)
    names = [column[0] for column in counted.description]
    rows = [dict(zip(names, row, strict=True)) for row in counted.fetchall()]
    missing: dict[tuple[str, int], list[Range]] = {}
    for topic_id, partition, first, following in connection.execute(MISSING, {"topic": topic}).fetchall():
        missing.setdefault((topic_id, partition), []).append(Range(first, following))
    return [(row, missing.get((row["topic_id"], row["partition"]), [])) for row in rows]
