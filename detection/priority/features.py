"""Features as dbt keeps them, a map an alert, as the matrix that a model reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def matrix(features: pa.ChunkedArray | pa.MapArray, names: Sequence[str]) -> Matrix:
    """One row a map, one column a name in the order given; NaN where a map has no such key or no value.

    Keys that are not among ``names`` are left out: a scenario that the model did not know says nothing to it.
    """
    chunks = features.chunks if isinstance(features, pa.ChunkedArray) else [features]
    return np.concatenate([np.empty((0, len(names))), *(_chunk(chunk, names) for chunk in chunks)])


def names_in(features: pa.ChunkedArray) -> list[str]:
    """All keys of the maps, sorted."""
    keys = {key for chunk in features.chunks for key in pc.unique(_entries(chunk)[1]).to_pylist()}
    return sorted(keys)


def _chunk(maps: pa.MapArray, names: Sequence[str]) -> Matrix:
    rows, keys, values = _entries(maps)
    found = np.full((len(maps), len(names)), np.nan)
    columns = pc.index_in(keys, value_set=pa.array(names, pa.string()))
    known = np.asarray(pc.is_valid(columns))
    found[rows[known], np.asarray(columns.drop_null())] = np.asarray(values.cast(pa.float64()).fill_null(np.nan))[known]
    return found


def _entries(maps: pa.MapArray) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], pa.Array, pa.Array]:
    """Row, key and value of each entry; what a slice leaves out of its buffers is not among them."""
    offsets = np.asarray(maps.offsets, dtype=np.int64)
    taken = slice(offsets[0], offsets[-1])
    return np.repeat(np.arange(len(maps)), np.diff(offsets)), maps.keys[taken], maps.items[taken]
