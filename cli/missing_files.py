"""What to do when a data file that the catalog names is missing."""

from __future__ import annotations

import re

from lakehouse.upkeep import SINKS_WRITE

# DuckDB's words, and below the data path the folders that DuckLake and the sinks name: schema, table, file.
_MISSING = re.compile(
    r'Cannot open file "(?P<file>[^"]*/(?P<schema>[^"/]+)/(?P<table>[^"/]+)/[^"/]+\.parquet)": No such file'
)


def with_remedy(told: str) -> str:
    """The error ``told``, with what to do if it says that a data file of the lake is missing."""
    found = _MISSING.search(told)
    if found is None:
        return told
    remedy = (
        "'vigil upkeep' puts it back if a lost commit of upkeep removed it; else restore it from a backup"
        if found["schema"] in SINKS_WRITE
        else "perhaps the catalog went away while a build committed; 'vigil build --full-refresh' makes it anew"
    )
    return f"{told}\nA data file of {found['schema']}.{found['table']} is missing: {remedy} (docs/operations.md)."
