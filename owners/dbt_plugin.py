"""The SQL function ``owned_in_the_end(interests, persons)`` in dbt's connection: who owns and controls each entity."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin

INTERESTS = "struct(entity_id varchar, owner_id varchar, control_kind varchar, share_percent double)[]"
OWNED = "struct(entity_id varchar, owner_id varchar, percent double, controlled_by varchar)[]"
_OWNED = pa.list_(
    pa.struct(
        [
            ("entity_id", pa.string()),
            ("owner_id", pa.string()),
            ("percent", pa.float64()),
            ("controlled_by", pa.string()),
        ]
    )
)


class Plugin(BasePlugin):
    """Takes all interests at once, as a list, since one may matter to every other."""

    def configure_connection(self, conn: Any) -> None:
        conn.create_function(
            "owned_in_the_end",
            _owned_in_the_end,
            [INTERESTS, "varchar[]"],
            OWNED,
            type="arrow",
            null_handling="special",
        )


def _owned_in_the_end(interests: pa.ChunkedArray, persons: pa.ChunkedArray) -> pa.ChunkedArray:
    # scipy takes long to import, and most of what dbt is asked for does without.
    from owners.interests import Interest, ultimate

    found = []
    for each, natural in zip(interests.to_pylist(), persons.to_pylist(), strict=True):
        told = ultimate(
            [
                Interest(
                    one["entity_id"],
                    one["owner_id"],
                    one["control_kind"],
                    None if one["share_percent"] is None else one["share_percent"] / 100,
                )
                for one in each or ()
            ],
            natural or (),
        )
        found.append(
            [
                {"entity_id": o.entity, "owner_id": o.owner, "percent": o.share * 100, "controlled_by": o.controlled_by}
                for o in told
            ]
        )
    return pa.chunked_array([pa.array(found, _OWNED)])
