"""Rewinds as a build sees them: what was landed again, and which models must therefore be built anew.

The models themselves decide so (dbt_project/macros/rewinds.sql); this tells people before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from lakehouse.build import manifest_file


@dataclass(frozen=True)
class Rewind:
    """A topic that was landed again since ``models`` (such as ``staging.stg_parties``) took rows of it."""

    topic: str
    rewound_by: str
    reason: str
    rewound_at: datetime
    models: tuple[str, ...]


def models_of(table: str) -> tuple[str, ...]:
    """The models that keep rows from build to build and depend on that landing table, in dbt's order of names."""
    manifest = json.loads(manifest_file().read_bytes())
    reached: set[str] = set()
    todo = [each for each, source in manifest["sources"].items() if source["identifier"] == table]
    while todo:
        following = [each for each in manifest["child_map"][todo.pop()] if each not in reached]
        reached |= set(following)
        todo += following
    return tuple(sorted(_name(node) for each in reached if (node := manifest["nodes"].get(each)) and _keeps(node)))


def pending(connection: duckdb.DuckDBPyConnection, pin: int) -> list[Rewind]:
    """The rewinds up to snapshot ``pin`` behind which a model's watermark stands."""
    rewinds = connection.execute(
        """
        select topic, rewound_by, reason, rewound_at, snapshot_id
        from lake.ledger.rewinds
        where snapshot_id <= $pin and snapshot_id > (
            select coalesce(min(pin), $pin) from (
                select max(pin) as pin from lake.ledger.watermarks group by model
            )
        )
        order by snapshot_id
        """,
        {"pin": pin},
    ).fetchall()
    found = []
    for topic, by, reason, at, snapshot in rewinds:
        models = models_of(_table(topic))
        behind = connection.execute(
            """
            select model from lake.ledger.watermarks
            where list_contains($models::varchar[], model)
            group by model
            having arg_max(pin, built_at) < $snapshot
            order by model
            """,
            {"models": list(models), "snapshot": snapshot},
        ).fetchall()
        if behind:
            found.append(Rewind(topic, by, reason, at, tuple(model for (model,) in behind)))
    return found


def _table(topic: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in topic.lower())


def _name(node: dict[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


def _keeps(node: dict[str, Any]) -> bool:
    config = node["config"]
    kept = config.get("materialized") == "incremental" and config.get("incremental_strategy") != "replace"
    return bool(node["resource_type"] == "model" and kept and config.get("full_refresh") is not False)
