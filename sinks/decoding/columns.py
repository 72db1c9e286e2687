"""From wire text to a landing column: strict, exact, and the same for a whole batch as for a single value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contracts import Contract, Field
from sinks.decoding.years import FIRST_YEAR, LAST_YEAR

_SIMPLE: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
# A time on the wire names its zone (Z or an offset); in the lake it is UTC without one.
_ZONED = pa.timestamp("us", tz="UTC")


# The most objects of a list in one message; as many as a message could hold would take gigabytes.
MOST_ITEMS = 100_000


class Unfit(Exception):
    """A value does not fit its field: ``reason`` is one of ``decoder.REASONS``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type of a contract's field, equal to its column's type in the lake."""
    if field.fields:
        return pa.list_(pa.struct([pa.field(inner.name, arrow_type(inner)) for inner in field.fields]))
    return pa.decimal128(*field.decimal) if field.decimal else _SIMPLE[field.type]


def decoded_schema(contract: Contract) -> pa.Schema:
    """The columns a decoder makes: the contract's fields, then ``_extra``, ``_tombstone`` and ``_key``."""
    fields = [pa.field(field.name, arrow_type(field)) for field in contract.fields]
    own = [("_extra", pa.string()), ("_tombstone", pa.bool_()), ("_key", pa.string())]
    return pa.schema(fields + [pa.field(*each) for each in own])


def convert(field: Field, texts: pa.Array) -> pa.Array:
    """``texts`` (strings as on the wire; for a list field: lists of dicts of such strings) as the field's column.

    Numbers and booleans are given as their JSON tokens. Nothing is rounded, guessed or trimmed.

    Raises:
        Unfit: one or more of the values do not fit; the detail names the field, not the row.
    """
    if field.required and texts.null_count:
        raise Unfit("missing_field", f"{field.name} is required")
    if field.fields:
        raise TypeError(f"{field.name} is a list; use convert_lists")
    return _bounded(field, _cast(field, texts))


def fitting(field: Field, column: pa.Array) -> pa.Array:
    """A ``column`` of integers or decimals as the field's column.

    Raises:
        Unfit: as ``convert``.
    """
    if field.required and column.null_count:
        raise Unfit("missing_field", f"{field.name} is required")
    try:
        return _bounded(field, column.cast(arrow_type(field)))
    except pa.ArrowInvalid as error:
        raise Unfit("out_of_range", f"{field.name} does not fit {field.type}: {_first_line(error)}") from error


def _bounded(field: Field, column: pa.Array) -> pa.Array:
    if field.minimum is not None and (least := pc.min(column)).is_valid and least.as_py() < field.minimum:
        raise Unfit("below_minimum", f"{field.name} is {least}, less than {field.minimum}")
    return column


def misfits(column: Callable[[Any], object], values: Any) -> list[tuple[int, Unfit]]:
    """Which of ``values`` (any sequence that slices) ``column`` refuses, and why; found by halving."""
    try:
        column(values)
        return []
    except Unfit as unfit:
        if len(values) == 1:
            return [(0, unfit)]
    middle = len(values) // 2
    behind = misfits(column, values[middle:])
    return misfits(column, values[:middle]) + [(middle + position, unfit) for position, unfit in behind]


def tried(column: Callable[[Any], pa.Array], values: pa.Array) -> tuple[pa.Array, Any]:
    """The column of ``values``, and which of them it takes; where it does not take all, it is worth nothing."""
    right = np.ones(len(values), np.bool_)
    try:
        return column(values), right
    except Unfit:
        right[[position for position, _ in misfits(column, values)]] = False
        return values, right


def require_few(field: Field, items: int) -> None:
    """Raise Unfit where a list of the field has more than ``MOST_ITEMS``."""
    if items > MOST_ITEMS:
        raise Unfit("out_of_range", f"{field.name} has {items} items, of which a message may have {MOST_ITEMS}")


def convert_lists(field: Field, lists: Sequence[list[dict[str, str | None]] | None]) -> pa.Array:
    """Lists of objects, whose values are wire text, as the list field's column.

    Raises:
        Unfit: as ``convert``.
    """
    assert field.fields is not None
    if field.required and any(each is None for each in lists):
        raise Unfit("missing_field", f"{field.name} is required")
    flat = [item for each in lists if each for item in each]
    children = [
        convert(inner, pa.array([item.get(inner.name) for item in flat], pa.string())) for inner in field.fields
    ]
    offsets = [0]
    for each in lists:
        offsets.append(offsets[-1] + len(each or ()))
    missing = pa.array([each is None for each in lists], pa.bool_())
    struct = pa.StructArray.from_arrays(children, fields=list(arrow_type(field).value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), struct, type=arrow_type(field), mask=missing)


def _cast(field: Field, texts: pa.Array) -> pa.Array:
    if field.type == "string":
        _require_among(field, texts, field.values)
        return texts
    if field.type == "boolean":
        _require_among(field, texts, ("true", "false"), reason="wrong_type")
    try:
        if field.type == "timestamp":
            zoned = texts.cast(_ZONED)
            _require_years(field, zoned)
            return zoned.cast(pa.timestamp("us"))
        column = texts.cast(arrow_type(field))
        if field.type == "date":
            _require_years(field, column)
        if field.type == "double":
            _require_finite(field, texts, column)
        return column
    except pa.ArrowInvalid as error:
        raise Unfit("out_of_range", f"{field.name} does not fit {field.type}: {_first_line(error)}") from error


def _require_among(field: Field, texts: pa.Array, allowed: tuple[str, ...] | None, reason: str = "not_allowed") -> None:
    if allowed is None:
        return
    known = pc.is_in(texts, value_set=pa.array(allowed, pa.string()))
    if known.true_count != len(texts) - texts.null_count:
        stranger = texts.filter(pc.and_(pc.invert(known), texts.is_valid()))[0]
        raise Unfit(reason, f"{field.name} is {str(stranger)[:100]!r}, not one of {', '.join(allowed)}")


def _require_years(field: Field, moments: pa.Array) -> None:
    # The offset of a time could push it beyond what there is.
    bounds = pc.min_max(moments)
    years = [pc.year(bounds[end]).as_py() for end in ("min", "max")]
    if years[0] is not None and not (years[0] >= FIRST_YEAR and years[1] <= LAST_YEAR):
        raise Unfit("out_of_range", f"{field.name} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")


def _require_finite(field: Field, texts: pa.Array, column: pa.Array) -> None:
    """Infinity may be written, but no number may become it."""
    rounded = texts.filter(pc.and_(pc.is_inf(column), pc.invert(pc.match_substring(texts, "Inf"))))
    if len(rounded):
        raise Unfit("out_of_range", f"{field.name} is beyond the range of a double")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
