"""Read a slice: a bounded query on the lake as a data frame, the only thing Great Expectations can judge here."""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd

from expectations.errors import SliceTooLarge, SliceUnreadable
from expectations.suite import MAX_SLICE_ROWS, Slice, Suite


def read(connection: duckdb.DuckDBPyConnection, suite: Suite, part: Slice, values: dict[str, Any]) -> pd.DataFrame:
    """The rows of ``part``, at most ``MAX_SLICE_ROWS``.

    Raises:
        SliceUnreadable: the query fails, or lacks a column that names failing rows.
        SliceTooLarge: it returns more rows than that; it must aggregate.
    """
    name = f"slice {part.name!r} of suite {suite.gate}.{suite.name}"
    try:
        cursor = connection.execute(part.sql, {bound: values[bound] for bound in part.bound})
        frame = cursor.fetch_df_chunk(MAX_SLICE_ROWS // duckdb.__standard_vector_size__ + 1)
    except duckdb.Error as error:
        # The lines below the first list every function that DuckDB knows.
        reason = str(error).partition("\n")[0]
        raise SliceUnreadable(f"{name} cannot be read: {reason}. Build the lake, or correct the query.") from error
    if len(frame) > MAX_SLICE_ROWS:
        raise SliceTooLarge(f"{name} returns more than {MAX_SLICE_ROWS} rows; aggregate in its query")
    if lacking := sorted(set(part.keys) - set(frame.columns)):
        raise SliceUnreadable(f"{name} has the keys {', '.join(lacking)}, which its query does not return")
    return frame
