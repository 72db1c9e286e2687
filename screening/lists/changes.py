"""What a new version of a list changes."""

from __future__ import annotations

import polars as pl

from screening.errors import ListShrunk
from screening.lists.version import COLUMNS, ListVersion

# A version that holds less than this part of the entries before is more likely cut off than right.
LEAST_KEPT = 0.5
# These differ between any two versions.
_OF_THE_VERSION = ("entry_id", "list_name", "list_version", "published_at")


def changes(before: pl.DataFrame, version: ListVersion, allow_shrink: bool = False) -> pl.DataFrame:
    """entry_id, change (added, removed, changed), name and fields (which differ), in order of the entries.

    ``before`` are the entries of the list that have landed, in the contract's columns.

    Raises:
        ListShrunk: fewer than LEAST_KEPT of the entries are left, and ``allow_shrink`` does not say that this is right.
    """
    left = version.entries.height
    if left < LEAST_KEPT * before.height and not allow_shrink:
        raise ListShrunk(
            f"{version.list_name} has {left} entries in version {version.list_version} and had {before.height}: the "
            "last good version stays. Get the list again, or say that it is right by --allow-shrink"
        )
    fields = [name for name in COLUMNS if name not in _OF_THE_VERSION]
    both = before.join(version.entries, on="entry_id", how="full", suffix="_new", coalesce=True)
    differing = pl.concat_list(
        pl.when(pl.col(name).ne_missing(pl.col(f"{name}_new"))).then(pl.lit(name)) for name in fields
    ).list.drop_nulls()
    return (
        both.select(
            "entry_id",
            change=pl.when(pl.col("list_name").is_null())
            .then(pl.lit("added"))
            .when(pl.col("list_name_new").is_null())
            .then(pl.lit("removed"))
            .otherwise(pl.lit("changed")),
            name=pl.coalesce("name_new", "name"),
            fields=differing,
        )
        .filter((pl.col("change") != "changed") | (pl.col("fields").list.len() > 0))
        .with_columns(fields=pl.when(pl.col("change") == "changed").then("fields"))
        .sort("entry_id")
    )
