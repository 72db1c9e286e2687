"""Landing tables grow: they get the columns that messages bring along, and wider types for those they have."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from lakehouse.transactions import transaction

# From the narrowest to the widest, with the least and the greatest number each holds.
_INTEGERS = {
    "TINYINT": (-(2**7), 2**7 - 1),
    "UTINYINT": (0, 2**8 - 1),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "USMALLINT": (0, 2**16 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "UINTEGER": (0, 2**32 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
    "UBIGINT": (0, 2**64 - 1),
}
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_DECIMAL = "DECIMAL"
_DECIMAL_DIGITS = 38
# Columns of PostgreSQL's own and of DuckLake's tables for inlined rows, where landing rows lie at first.
_RESERVED = frozenset(
    {
        *("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"),
        *("row_id", "begin_snapshot", "end_snapshot", "rowid", "snapshot_id", "file_row_number", "filename"),
    }
)
# PostgreSQL cuts longer names short, in bytes.
_LONGEST_NAME = 63


def can_be_column(name: str) -> bool:
    """Whether a landing table can get a column of that name beside those of its contract."""
    return bool(
        name
        and "\0" not in name
        and not name.startswith("_")
        and name.lower() not in _RESERVED
        and len(name.encode()) <= _LONGEST_NAME
    )


def wider(one: str, other: str) -> str | None:
    """The narrowest type that holds every value of both exactly; None if no type does that DuckLake can change to."""
    if one == other:
        return one
    if one in _INTEGERS and other in _INTEGERS:
        least, greatest = (pick(_INTEGERS[one][i], _INTEGERS[other][i]) for i, pick in ((0, min), (1, max)))
        return next((name for name, (low, high) in _INTEGERS.items() if low <= least and greatest <= high), None)
    if {one, other} == _FLOATS:
        return "DOUBLE"
    if one.startswith(_DECIMAL) and other.startswith(_DECIMAL):
        (precision, scale), (other_precision, other_scale) = _digits(one), _digits(other)
        decimals = max(scale, other_scale)
        digits = max(precision - scale, other_precision - other_scale) + decimals
        return f"{_DECIMAL}({digits},{decimals})" if digits <= _DECIMAL_DIGITS else None
    return None


def grow(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], expected: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Let ``lake.landing.<table>`` take rows of ``columns``, of which it ought to have those that are ``expected``.

    Returns what was changed and what cannot be; if anything cannot, nothing is changed. Any number of processes may
    do so at once, and while rows are added: one of two that meet fails with duckdb.TransactionException, and finds
    what the other did when it tries again.
    """
    with transaction(connection):
        changes, refusals = _plan(connection, table, columns, expected)
        if not refusals:
            for _, statement in changes:
                connection.execute(statement)
    return ([] if refusals else [told for told, _ in changes]), refusals


def growth(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], expected: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """What ``grow`` would change, and what cannot be; changes nothing."""
    changes, refusals = _plan(connection, table, columns, expected)
    return [told for told, _ in changes], refusals


def _plan(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], expected: Mapping[str, str]
) -> tuple[list[tuple[str, str]], list[str]]:
    # The table's name comes from a contract and has only letters, digits and underscores.
    there = {row[0]: row[1] for row in connection.execute(f"describe lake.landing.{table}").fetchall()}
    names = {name.lower(): name for name in there}
    changes: list[tuple[str, str]] = []
    refusals: list[str] = []
    for name, kind in columns.items():
        known = names.setdefault(name.lower(), name)
        altered = f"alter table lake.landing.{table}"
        if known != name:
            refusals.append(f"{name} and {known} differ only in case")
        elif name not in there:
            if name in expected or can_be_column(name):
                changes.append((f"{name} {kind} added", f"{altered} add column {_quoted(name)} {kind}"))
            else:
                refusals.append(f"{name} cannot be the name of a column")
        elif (kept := wider(there[name], kind)) is None:
            refusals.append(f"{name} is {there[name]} in the table and {kind} in the messages")
        elif kept != there[name]:
            told = f"{name} widened from {there[name]} to {kept}"
            changes.append((told, f"{altered} alter column {_quoted(name)} type {kept}"))
    return changes, refusals


def _digits(decimal: str) -> tuple[int, int]:
    precision, scale = decimal.removeprefix(_DECIMAL).strip("()").split(",")
    return int(precision), int(scale)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
