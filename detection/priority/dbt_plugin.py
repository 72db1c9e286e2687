"""The SQL function ``priority_score(version, features)`` in dbt's connection, by the models that are in the lake."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dbt.adapters.duckdb.plugins import BasePlugin

from detection.priority.features import matrix
from detection.priority.model import Model
from detection.priority.store import live_models

FEATURES = "map(varchar, double)"
_SCORED = pa.struct(
    [
        ("score", pa.float64()),
        ("starts_from", pa.float64()),
        ("contributions", pa.map_(pa.string(), pa.float64())),
    ]
)


class Plugin(BasePlugin):
    """When dbt connects, read the models that score at the build's pin; what does not build has none."""

    def configure_connection(self, conn: Any) -> None:
        pin = os.environ.get("VIGIL_PIN")
        models = live_models(conn, int(pin)) if pin else {}

        def priority_score(versions: pa.ChunkedArray, features: pa.ChunkedArray) -> pa.ChunkedArray:
            return pa.chunked_array(
                [_scored(models, each, maps) for each, maps in zip(versions.chunks, features.chunks, strict=True)],
                _SCORED,
            )

        conn.create_function(
            "priority_score",
            priority_score,
            ["integer", FEATURES],
            f"struct(score double, starts_from double, contributions {FEATURES})",
            type="arrow",
        )


def _scored(models: dict[int, Model], versions: pa.Array, features: pa.MapArray) -> pa.StructArray:
    """A row each: probability, the calibrated log-odds that every alert starts from, and what each feature adds."""
    scored = np.zeros(len(versions))
    starts = np.zeros(len(versions))
    parts: list[pa.Table] = []
    for version in pc.unique(versions).to_pylist():
        model = models[version]
        at = np.flatnonzero(np.asarray(pc.equal(versions, version)))
        rows = matrix(features.take(pa.array(at)), model.features)
        contributions = model.contributions(rows)
        scored[at] = model.probabilities(contributions.sum(axis=1))
        starts[at] = model.slope * contributions[:, -1] + model.intercept
        contributions *= model.slope
        row, column = np.nonzero(contributions[:, :-1])
        names = pa.array(model.features, pa.string()).take(pa.array(column))
        parts.append(pa.table({"row": at[row], "name": names, "value": contributions[row, column]}))
    entries = pa.concat_tables(parts).sort_by([("row", "ascending")]).combine_chunks()
    counts = np.bincount(entries["row"].to_numpy(), minlength=len(versions))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    maps = pa.MapArray.from_arrays(
        pa.array(offsets), entries["name"].combine_chunks(), entries["value"].combine_chunks()
    )
    return pa.StructArray.from_arrays([pa.array(scored), pa.array(starts), maps], fields=list(_SCORED))
