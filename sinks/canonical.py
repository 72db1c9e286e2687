"""Rows as text that does not depend on files, order of landing or columns added since, and the digest of such text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

# Types as DuckDB writes them, and nothing that could be another statement.
_KIND = re.compile(r"""[A-Za-z][A-Za-z0-9_ ,()\[\]"]*""")
# Rows taken out of the lake at a time, which bounds memory.
_ROWS = 10_000


def text(columns: Mapping[str, str]) -> str:
    """An expression of a row's text: of each column that is not null ``name=length:value``, in the order of names.

    Args:
        columns: names and DuckDB types; a value is told as one of that type, so that a column widened since tells the
            same.
    """
    told = []
    for name, kind in sorted(columns.items()):
        if not _KIND.fullmatch(kind):
            raise ValueError(f"column {name!r} has no type {kind!r}")
        column, word = '"' + name.replace('"', '""') + '"', name.replace("'", "''")
        former = f"try_cast({column} as {kind})"
        # What does not fit the former type, or would be rounded, is told as it is.
        value = f"cast(if({former} = {column}, {former}, null) as varchar)"
        value = f"coalesce({value}, cast({column} as varchar))"
        told.append(f"coalesce('{word}=' || strlen({value}) || ':' || {value}, '')")
    return " || ".join(told)


def digest(connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]) -> tuple[int, str]:
    """How many texts a query gives, and the SHA-256 of all of them one after the other.

    A text tells the length of all that is in it, so none can be taken for two.
    """
    found, number = hashlib.sha256(), 0
    for batch in connection.execute(statement, values).to_arrow_reader(_ROWS):
        column = batch.column(0)
        _, ends, content = column.buffers()
        width = np.int64 if column.type == "large_string" else np.int32
        edges = np.frombuffer(ends, width)[column.offset : column.offset + len(column) + 1]
        if content is not None and len(column):
            found.update(memoryview(content)[edges[0] : edges[-1]])
        number += len(column)
    return number, found.hexdigest()
