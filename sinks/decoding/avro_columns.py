"""Columns of what ``avro_scan`` found: numbers as they are, all else by copying; exact, and nothing rounded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contracts import Field
from sinks.decoding import avro_scan
from sinks.decoding.arrays import are_utf8, array_of, texts_of
from sinks.decoding.avro_plan import Column, Plan
from sinks.decoding.avro_schema import Type
from sinks.decoding.columns import MOST_ITEMS, Unfit, arrow_type, convert, tried
from sinks.decoding.years import FIRST_DAY, FIRST_MICROSECOND, LAST_DAY, LAST_MICROSECOND

_MOMENTS = np.array([FIRST_MICROSECOND, LAST_MICROSECOND])
_DAYS = np.array([FIRST_DAY, LAST_DAY])
_NANOSECONDS, _MILLISECOND = 1_000, 1_000
Made = tuple[pa.Array, Any]


@dataclass(frozen=True)
class Found:
    """Values of some records, by slot and record: see ``avro_scan.read``."""

    data: Any
    starts: Any
    ends: Any
    kinds: Any
    numbers: Any

    def only(self, chosen: Any) -> Found:
        """Those of the records where ``chosen`` is True."""
        each = (self.starts, self.ends, self.kinds, self.numbers)
        # By a way that leaves each slot's values in one piece.
        return Found(self.data, *(np.compress(chosen, values, axis=1) for values in each))


def read(plan: Plan, data: Any, begins: Any, limits: Any) -> tuple[Found, Any]:
    """Records from ``begins`` to ``limits``, and which of them could be read."""
    shape = plan.slots, len(begins)
    found = Found(
        data, np.empty(shape, np.int32), np.empty(shape, np.int32), np.zeros(shape, np.uint8), np.zeros(shape, np.int64)
    )
    done = avro_scan.read(
        data, begins, limits, plan.members, *plan.table.arrays(), found.starts, found.ends, found.kinds, found.numbers
    )
    return found, done


def made(plan: Plan, found: Found) -> tuple[list[pa.Array], Any]:
    """The plan's columns, and which records fit; where one does not, the columns are worth nothing."""
    count = found.kinds.shape[1]
    fit = np.ones(count, np.bool_)
    columns = []
    for column in plan.columns:
        # Most fields of a wide contract are null in most blocks.
        if column.type is None or not found.kinds[column.slot].any():
            columns.append(pa.nulls(count, arrow_type(column.field)))
            fit &= not column.field.required
            continue
        values = _Values(found, column)
        array, right = values.column()
        columns.append(array)
        fit &= right | ~values.present
        if column.field.required:
            fit &= values.present
    return columns, fit


class _Values:
    """One field's values."""

    def __init__(self, found: Found, column: Column) -> None:
        assert column.type is not None
        self._field: Field = column.field
        self._type: Type = column.type
        self._items = column.items
        self._data, self._table = found.data, None
        slot = column.slot
        self._starts, self._ends = found.starts[slot], found.ends[slot]
        self._kinds, self._numbers = found.kinds[slot], found.numbers[slot]
        self.present = self._kinds != 0

    def column(self) -> Made:
        """The column, and which values fit it."""
        if self._items is not None:
            return self._lists(self._items)
        kind = self._type.kind
        if kind == "string":
            return self._strings()
        if kind == "enum":
            return self._symbols()
        if self._type.logical == "decimal":
            return self._decimals()
        if kind == "boolean":
            packed = np.packbits(self._numbers != 0, bitorder="little")
            return array_of(pa.bool_(), self.present, packed), self.present
        if kind in ("float", "double"):
            floats = self._numbers.view(np.float64)
            if kind == "float":
                floats = self._numbers.astype(np.uint32).view(np.float32).astype(np.float64)
            return array_of(pa.float64(), self.present, floats), self.present
        if self._field.type == "date":
            days = array_of(pa.date32(), self.present, self._numbers.astype(np.int32))
            return days, _between(self._numbers, _DAYS)
        if self._field.type == "timestamp":
            return self._moments()
        return self._integers()

    def _strings(self) -> Made:
        texts = texts_of(self._data, self._starts, self._ends, self._kinds)
        right = are_utf8(texts.view(pa.binary()))
        return tried(partial(convert, self._optional), texts) if right.all() else (texts, right)

    def _symbols(self) -> Made:
        allowed = self._field.values
        symbols = self._type.symbols
        right = np.array([allowed is None or each in allowed for each in symbols], np.bool_)
        indices = array_of(pa.int64(), self.present, self._numbers)
        texts = pa.array(symbols, pa.string()).take(indices)
        return texts, right[self._numbers] if len(symbols) else self.present

    def _decimals(self) -> Made:
        halves = np.empty(2 * len(self._kinds), np.uint64)
        right = avro_scan.decimals(self._data, self._starts, self._ends, self._kinds, halves)
        wide = array_of(pa.decimal128(38, self._type.decimal[1]), self.present, halves)
        if not right.all():
            return wide, right
        array, right = tried(lambda some: _cast(some, arrow_type(self._field)), wide)
        return self._at_least(array, right)

    def _integers(self) -> Made:
        numbers = array_of(pa.int64(), self.present, self._numbers)
        if self._field.decimal is not None:
            return tried(partial(convert, self._optional), numbers.cast(pa.string()))
        return self._at_least(numbers, np.ones(len(self._kinds), np.bool_))

    def _moments(self) -> Made:
        micros, right = self._numbers, np.ones(len(self._kinds), np.bool_)
        logical = self._type.logical or ""
        if logical.endswith("nanos"):
            right = micros % _NANOSECONDS == 0
            micros = micros // _NANOSECONDS
        elif logical.endswith("millis"):
            # Compared before it is multiplied, which could overflow.
            right = _between(micros, _MOMENTS // _MILLISECOND)
            micros = np.where(right, micros, 0) * _MILLISECOND
        return array_of(pa.timestamp("us"), self.present, micros), right & _between(micros, _MOMENTS)

    def _lists(self, plan: Plan) -> Made:
        count = len(self._kinds)
        arrays = plan.table.arrays()
        node = plan.table.node(self._type.items) if self._type.items else -1
        offsets = np.empty(count + 1, np.int32)
        place = self._data, self._starts, self._ends, self._kinds, node, *arrays, offsets
        items = avro_scan.split(*place, np.empty(0, np.int32), np.empty(0, np.int32))
        few = np.diff(offsets) <= MOST_ITEMS
        if not few.all():
            return pa.nulls(count, arrow_type(self._field)), few
        begins, limits = np.empty(items, np.int32), np.empty(items, np.int32)
        avro_scan.split(*place, begins, limits)
        found, done = read(plan, self._data, begins, limits)
        columns, fit = made(plan, found)
        right = np.ones(count, np.bool_)
        right[np.repeat(np.arange(count), np.diff(offsets))[~(done & fit)]] = False
        kind = arrow_type(self._field)
        if not right.all():
            return pa.nulls(count, kind), right
        struct = pa.StructArray.from_arrays(columns, fields=list(kind.value_type))
        missing = pa.array(~self.present)
        return pa.ListArray.from_arrays(pa.array(offsets), struct, type=kind, mask=missing), right

    def _at_least(self, array: pa.Array, right: Any) -> Made:
        least = self._field.minimum
        if least is None or not right.all():
            return array, right
        # By the least of all, as most columns have none that is too small.
        found = pc.min(array)
        if not found.is_valid or found.as_py() >= least:
            return array, right
        return array, pc.greater_equal(array, least).fill_null(True).to_numpy(zero_copy_only=False)

    @property
    def _optional(self) -> Field:
        return self._field.model_copy(update={"required": False}) if self._field.required else self._field


def _between(numbers: Any, bounds: Any) -> Any:
    return (bounds[0] <= numbers) & (numbers <= bounds[1])


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return values.cast(kind)
    except pa.ArrowInvalid as error:
        raise Unfit("out_of_range", str(error)) from error
