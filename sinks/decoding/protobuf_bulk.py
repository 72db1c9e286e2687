"""Protobuf decoded a block at a time: what ``protobuf_scan`` found in each message becomes columns.

A message that it did not read, or that has a value which does not fit its column, is left to ``protobuf_rows``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from contracts import Field
from sinks.decoding import protobuf_plan as plans
from sinks.decoding import protobuf_scan as scan
from sinks.decoding.arrays import are_utf8, array_of
from sinks.decoding.columns import MOST_ITEMS, arrow_type, convert, fitting, tried
from sinks.decoding.protobuf_plan import Plan, Slot
from sinks.payloads import PADDING

# Room for the items of lists, a message; more where it does not do, but an item takes two bytes at least.
_ITEMS, _ITEM_BYTES = 2, 2


@dataclass
class _Found:
    """What is in messages, by slot and message, and the items of their lists: slot, message, start, end."""

    values: Any
    present: Any
    items: Any

    def of(self, kept: Any) -> _Found:
        """What is in the messages that ``kept`` marks."""
        if kept.all():
            return self
        items = self.items[kept[self.items[:, 1]]]
        items[:, 1] = (np.cumsum(kept) - 1)[items[:, 1]]
        return _Found(self.values[:, kept], self.present[:, kept], items)


def columns(plan: Plan, data: Any, starts: Any, ends: Any) -> tuple[dict[str, pa.Array], Any]:
    """The columns of the messages that were read and fit, by field, and which messages these are."""
    found, read = _found(plan, data, starts, ends)
    chosen = np.flatnonzero(read)
    while True:
        found = found.of(read)
        made, read = _columns(plan, data, found)
        if read.all():
            return made, chosen
        chosen = chosen[read]


def _found(plan: Plan, data: Any, starts: Any, ends: Any) -> tuple[_Found, Any]:
    count, most = len(starts), int((ends - starts).sum(dtype=np.int64)) // _ITEM_BYTES
    room = min(_ITEMS * count + 64, most)
    while True:
        values = np.empty((len(plan.slots), count), np.int64)
        present = np.zeros((len(plan.slots), count), np.uint8)
        items = np.empty((room, 4), np.int32)
        slot_of, kinds, inner, scales, oneofs = plan.tables
        read, used = scan.scan(data, starts, ends, slot_of, kinds, inner, scales, oneofs, values, present, items)
        if used >= 0:
            return _Found(values, present, items[:used]), read
        room = min(4 * room, most)


def _columns(plan: Plan, data: Any, found: _Found) -> tuple[dict[str, pa.Array], Any]:
    """The columns, and which messages fit; where one does not, the columns are worth nothing."""
    fit = np.ones(found.present.shape[1], np.bool_)
    made: dict[str, pa.Array] = {}
    for place, slot in enumerate(plan.slots):
        if slot.field is None:
            continue
        present = found.present[place].view(np.bool_)
        if slot.items is not None:
            made[slot.name] = _lists(slot, slot.items, data, found.items[found.items[:, 0] == place], present, fit)
        else:
            made[slot.name] = _values(slot, data, found.values[place], present, fit)
    return made, fit


def _lists(slot: Slot, plan: Plan, data: Any, items: Any, present: Any, fit: Any) -> pa.Array:
    field = slot.field
    assert field is not None
    assert field.fields is not None
    parents = items[:, 1]
    counts = np.bincount(parents, minlength=len(present))
    if (counts > MOST_ITEMS).any():
        fit &= counts <= MOST_ITEMS
        return pa.nulls(0)
    inner, chosen = columns(plan, data, np.ascontiguousarray(items[:, 2]), np.ascontiguousarray(items[:, 3]))
    if len(chosen) < len(items):
        bad = np.ones(len(items), np.bool_)
        bad[chosen] = False
        fit[parents[bad]] = False
        return pa.nulls(0)
    kind = arrow_type(field)
    children = [
        inner[each.name] if each.name in inner else pa.nulls(len(items), arrow_type(each)) for each in field.fields
    ]
    struct = pa.StructArray.from_arrays(children, fields=list(kind.value_type))
    offsets = np.zeros(len(present) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    mask = None if field.required or present.all() else pa.array(~present)
    return pa.ListArray.from_arrays(pa.array(offsets), struct, type=kind, mask=mask)


def _values(slot: Slot, data: Any, values: Any, present: Any, fit: Any) -> pa.Array:
    """One slot's column; messages whose value does not fit are struck from ``fit``."""
    field = slot.field
    if not present.any() and slot.absent is None and not (field and field.required):
        return pa.nulls(len(present), arrow_type(field) if field else None)
    if not slot.tells_absence and not present.all():
        # An absent value is the default, as if it had come.
        values = np.where(present, values, 0)
        there = present if slot.absent is None else np.ones(len(present), np.bool_)
    else:
        there = present
    if slot.absent is None and not slot.tells_absence:
        # Where the default stands for nothing, it does so too when it came.
        there = there & (_size(values) > 0 if slot.how == scan.SPAN else values != 0)
    if slot.how in (scan.SPAN, scan.TEXT_WITHIN):
        texts, sound = _texts(data, values, there)
        if not sound.all():
            fit &= sound
            return pa.nulls(0)
        if slot.holds == plans.DECIMAL and (_size(values)[there] == 0).any():
            fit &= ~(there & (_size(values) == 0))
            return pa.nulls(0)
        return texts if field is None else _made(partial(convert, field), texts, fit)
    if slot.holds == plans.ENUM:
        return _enum(slot, values, there, fit)
    mask = None if there.all() else ~there
    if field is not None and field.required and mask is not None:
        fit &= there
        return pa.nulls(0)
    if slot.holds == plans.BOOLEAN:
        return pa.array(values != 0, pa.bool_(), mask=mask)
    if slot.holds == plans.FLOAT:
        single = scan.FLOAT in (slot.how, slot.inner)
        floats = values.astype(np.int32).view(np.float32).astype(np.float64) if single else values.view(np.float64)
        return pa.array(floats, pa.float64(), mask=mask)
    if slot.holds == plans.TIMES:
        return pa.array(values, pa.int64(), mask=mask).view(pa.timestamp("us"))
    if slot.holds == plans.DATES:
        return pa.array(values.astype(np.int32), pa.int32(), mask=mask).view(pa.date32())
    if slot.holds == plans.UNSCALED:
        column = _decimals(slot.field, values, there, fit)
    else:
        column = pa.array(values, pa.int64(), mask=mask)
    return column if field is None else _made(partial(fitting, field), column, fit)


def _made(column: Callable[[pa.Array], pa.Array], values: pa.Array, fit: Any) -> pa.Array:
    made, right = tried(column, values)
    fit &= right
    return made


def _enum(slot: Slot, values: Any, there: Any, fit: Any) -> pa.Array:
    known = slot.source.enum_type.values_by_number
    numbers = np.array(sorted(known), np.int64)
    names = pa.array([known[number].name for number in numbers.tolist()], pa.string())
    places = np.searchsorted(numbers, np.where(there, values, numbers[0]))
    places[places == len(numbers)] = 0
    strange = there & (numbers[places] != values)
    if strange.any():
        fit &= ~strange
        return pa.nulls(0)
    texts = names.take(pa.array(places, mask=None if there.all() else ~there))
    return texts if slot.field is None else _made(partial(convert, slot.field), texts, fit)


def _decimals(field: Field | None, values: Any, there: Any, fit: Any) -> pa.Array:
    assert field is not None
    assert field.decimal is not None
    precision, scale = field.decimal
    if precision < 19:
        fit &= ~there | (np.abs(values) < 10**precision)
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = np.where(there, values, 0)
    words[:, 1] = words[:, 0] >> 63
    return array_of(pa.decimal128(precision, scale), there, words)


def _texts(data: Any, spans: Any, there: Any) -> tuple[pa.Array, Any]:
    """A slot's values as strings, null where there is none; and which of them are UTF-8."""
    offsets = np.empty(len(spans) + 1, np.int32)
    text = np.empty(scan.total(spans, there) + PADDING, np.uint8)
    plain = scan.copy(data, spans, there, offsets, text)
    texts = array_of(pa.string(), there, offsets, text)
    return texts, np.ones(len(spans), np.bool_) if plain else are_utf8(texts.view(pa.binary()))


def _size(spans: Any) -> Any:
    return (spans & 0xFFFFFFFF) - (spans >> 32)
