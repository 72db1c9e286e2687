"""Parquet files in the lake's data path: written first, part of the lake only once a transaction registers them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sinks.errors import LakeUnwritable, SinkMisconfigured


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
        """Write ``table`` to a new file of ``landing_table``; the same name always is the same file.

        Raises:
            LakeUnwritable: the disk is full, or closed to us; nothing is left of the file.
        """
        path = self._folder / "landing" / landing_table / f"sink-{name}.parquet"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(table, path)
        except OSError as error:
            raise LakeUnwritable(
                f"the file {path} cannot be written: {error}. Make room or give access, and start the sink again; "
                "what was landed is safe, and the rest is read again."
            ) from error
        return path


def _write(table: pa.Table, path: Path) -> None:
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
