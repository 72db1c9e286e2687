"""Parquet files in the lake's data path: written first, part of the lake only once a transaction registers them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.errors import SinkMisconfigured


class FileWriter:
    """Writes files of landing rows below ``data_path``, the lake's data path.

    Raises:
        SinkMisconfigured: the data path is no folder.
    """

    def __init__(self, data_path: str) -> None:
        if "://" in data_path:
            raise SinkMisconfigured(f"the sink writes to folders only, not to {data_path}; set VIGIL_DATA_PATH")
        self._folder = Path(data_path)

    def write(self, table: pa.Table, landing_table: str, name: str) -> Path:
        """Write ``table`` to a new file of ``landing_table``; the same name always is the same file."""
        folder = self._folder / "landing" / landing_table
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"sink-{name}.parquet"
        pq.write_table(
            table,
            path,
            compression="snappy",
            # Identifiers hardly repeat: a dictionary costs twice the time and saves nothing.
            use_dictionary=False,
            # Bounds of texts prune nothing, but cost a comparison a value.
            write_statistics=[field.name for field in table.schema if not pa.types.is_string(field.type)],
            store_schema=False,
            row_group_size=table.num_rows,
        )
        return path
