"""Files that a killed process wrote and never registered: no part of the lake, only in the way."""

from __future__ import annotations

from datetime import datetime

from lakehouse.attach import connect
from lakehouse.second_names import SecondNames
from lakehouse.settings import Settings


def remove_orphans(settings: Settings, older_than: datetime, *, dry_run: bool = False) -> list[str]:
    """Remove files below the lake's data path that no table knows, if written before ``older_than`` (UTC, no zone).

    A running sink writes a file seconds before it registers it, so leave an hour. Second names that a killed upkeep
    left are dropped as well, once what they are needed for is put back. Returns the paths of the files of no table.
    """
    with connect(settings) as connection:
        if not dry_run:
            SecondNames(settings.lake_data_path).put_back(connection, older_than)
        rows = connection.execute(
            "call ducklake_delete_orphaned_files('lake', older_than => ?::timestamptz, dry_run => ?)",
            [older_than, dry_run],
        ).fetchall()
    return [str(row[0]) for row in rows]
