"""The lake's own tables: one landing table a contract, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from contracts import Contract
from lakehouse.errors import LakeMismatch
from lakehouse.transactions import insist, transaction

# What the sink adds to a contract's fields, in this order.
SINK_COLUMNS = {
    "_extra": "VARCHAR",
    "_tombstone": "BOOLEAN",
    "_partition": "INTEGER",
    "_offset": "BIGINT",
    "_timestamp": "TIMESTAMP",
    "_key": "VARCHAR",
    "_headers": "VARCHAR",
    "_landed_at": "TIMESTAMP",
}

# Columns that lakes made by an older version lack, by table of the ledger.
_ADDED = {
    # What came of a dead letter; all null while it is open.
    "dead_letters": {
        "replay_commit_id": "varchar",
        "replayed_at": "timestamp",
        "resolved_by": "varchar",
        "resolution": "varchar",
        "resolved_at": "timestamp",
    },
    # Until then nobody moves the row: a rewind asks sinks for a moment's quiet. Null most of the time.
    "offsets": {"held_until": "timestamp"},
    # Null in seals that were made before.
    "seals": {"ledger": "varchar"},
}

_LEDGER = {
    "offsets": (
        "cluster_id varchar, topic varchar, topic_id varchar, partition integer, "
        "next_offset bigint, updated_at timestamp, held_until timestamp"
    ),
    "commits": (
        "commit_id varchar, sink_id varchar, cluster_id varchar, topic varchar, topic_id varchar, "
        "ranges struct(partition integer, first_offset bigint, next_offset bigint, messages bigint)[], "
        "rows bigint, dead_letters bigint, holes bigint, file varchar, committed_at timestamp"
    ),
    "dead_letters": (
        'commit_id varchar, cluster_id varchar, topic varchar, topic_id varchar, partition integer, "offset" bigint, '
        "timestamp timestamp, key blob, value blob, headers varchar, "
        "reason varchar, detail varchar, landed_at timestamp, "
        + ", ".join(f"{name} {kind}" for name, kind in _ADDED["dead_letters"].items())
    ),
    "gaps": (
        "cluster_id varchar, topic varchar, topic_id varchar, partition integer, from_offset bigint, to_offset bigint, "
        "reason varchar, accepted_by varchar, accepted_at timestamp"
    ),
    # What was landed again, by whom and why: a row a topic. ``before_snapshot`` still has the rows that were replaced.
    "rewinds": (
        "commit_id varchar, cluster_id varchar, topic varchar, topic_id varchar, "
        "ranges struct(partition integer, first_offset bigint, next_offset bigint, messages bigint)[], "
        "rows_before bigint, rows_after bigint, dead_letters_before bigint, dead_letters_after bigint, kept bigint, "
        "before_snapshot bigint, rewound_by varchar, reason varchar, rewound_at timestamp"
    ),
    "watermarks": "model varchar, pin bigint, built_at timestamp",
    # A chain over what has landed; sinks/seals.py writes it and tells what is in it.
    "seals": (
        "number bigint, cluster_id varchar, topic varchar, topic_id varchar, partition integer, first_offset bigint, "
        "next_offset bigint, rows bigint, dead_letters bigint, columns varchar, digest varchar, chain varchar, "
        "snapshot bigint, sealed_at timestamp, ledger varchar"
    ),
    # Learned priorities, and who let each of them do what since when; detection/priority writes both.
    "priority_models": (
        "version integer, trained_at timestamp, pin bigint, labels varchar, features varchar[], booster varchar, "
        "slope double, intercept double, card varchar"
    ),
    "priority_roles": "version integer, role varchar, since timestamp, given_by varchar, reason varchar",
}
# DuckLake has no unique constraint, and two inserts never conflict. Whoever adds partitions to ledger.offsets updates
# this table's only row in the same transaction, and two updates of one table do conflict: so none is added twice.
_REGISTRY = "ledger.registry"
# Also of one row: whose turn upkeep is.
_UPKEEP = "ledger.upkeep"
# What is expected of the ledger and the landing tables. Higher where a former release could not use what this one
# writes. A lake without a number is of the first releases; `prepare` adds what it lacks, and the number.
FORMAT = 1


def landing_columns(contract: Contract) -> dict[str, str]:
    """Columns of the contract's landing table and their DuckDB types, in order."""
    return {field.name: field.duckdb_type for field in contract.fields} | SINK_COLUMNS


def prepare(connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Create what is missing of the ledger and of the contracts' landing tables; what exists stays as it is.

    To the ledger of an older lake the columns are added that it lacks, and to a landing table the fields that its
    contract has gained: a build reads them before the next message lands.

    Any number of processes may do so at once.

    Raises:
        LakeMismatch: a newer release has made the lake, and this one would not understand it.
    """
    statements = [f"create table if not exists lake.ledger.{name} ({columns})" for name, columns in _LEDGER.items()]
    landing = {contract.table: landing_columns(contract) for contract in contracts}
    for table, fields in landing.items():
        columns = ", ".join(f'"{name}" {kind}' for name, kind in fields.items())
        statements.append(f"create table if not exists lake.landing.{table} ({columns})")
    # Another process may create some of it meanwhile; what it created is seen by the next attempt.
    insist(lambda: _create(connection, statements, landing))


def _create(
    connection: duckdb.DuckDBPyConnection, statements: list[str], landing: Mapping[str, Mapping[str, str]]
) -> None:
    with transaction(connection):
        connection.execute("create schema if not exists lake.landing")
        connection.execute("create schema if not exists lake.ledger")
        _require_known_format(connection)
        for statement in statements:
            connection.execute(statement)
        grown: dict[str, Mapping[str, str]] = {f"ledger.{table}": columns for table, columns in _ADDED.items()}
        grown |= {f"landing.{table}": columns for table, columns in landing.items()}
        for table, columns in grown.items():
            known = {row[0].lower() for row in connection.execute(f"describe lake.{table}").fetchall()}
            for name, kind in columns.items():
                if name.lower() not in known:
                    connection.execute(f'alter table lake.{table} add column "{name}" {kind}')
        connection.execute(f"create table if not exists lake.{_REGISTRY} (registrations bigint)")
        # In the transaction that creates the table, so that there is one row for ever.
        connection.execute(f"insert into lake.{_REGISTRY} select 0 where not exists (from lake.{_REGISTRY})")
        connection.execute(
            f"create table if not exists lake.{_UPKEEP} (holder varchar, held_until timestamp, ended_at timestamp)"
        )
        connection.execute(f"insert into lake.{_UPKEEP} select null, null, null where not exists (from lake.{_UPKEEP})")


def _require_known_format(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a lake of the future; one that has no number yet, being new or of the first releases, gets it."""
    connection.execute("create table if not exists lake.ledger.format (format integer)")
    connection.execute("insert into lake.ledger.format select ? where not exists (from lake.ledger.format)", [FORMAT])
    found = connection.execute("select max(format) from lake.ledger.format").fetchone()
    if found and found[0] > FORMAT:
        raise LakeMismatch(
            f"the lake is of format {found[0]}, and this release of Vigil knows formats up to {FORMAT}: a newer "
            "release has made or upgraded it. Use that release; nothing was changed."
        )
