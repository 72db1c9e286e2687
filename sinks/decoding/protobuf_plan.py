"""How the messages of a Protobuf schema become a contract's columns: fields matched by name, types checked once.

What the schema has and the contract lacks is not dropped: a field that holds one simple value becomes a column of its
own, anything else goes into ``_extra``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from contracts import Contract, Field
from sinks.decoding import protobuf_scan as scan
from sinks.decoding.evolution import evolved_fields
from sinks.decoding.framed import Incompatible

# What a source field holds, and which of a contract's types take it without guessing.
TEXT, ENUM, INTEGER, BOOLEAN, FLOAT, TIMES, DATES, DECIMAL, UNSCALED, OBJECTS, OTHER = (
    *("text", "enum", "integer", "boolean", "floating-point number"),
    *("timestamp", "date", "decimal", "unscaled decimal", "list of messages", "message or list"),
)
_TAKES = {
    "string": (TEXT, ENUM, DECIMAL),
    "integer": (INTEGER,),
    "boolean": (BOOLEAN,),
    "double": (FLOAT,),
    "date": (DATES, TEXT),
    "timestamp": (TIMES, TEXT),
    "decimal": (DECIMAL, UNSCALED, TEXT, INTEGER),
    "list": (OBJECTS,),
}
_EVOLVED = {
    TEXT: "string",
    ENUM: "string",
    INTEGER: "integer",
    BOOLEAN: "boolean",
    FLOAT: "double",
    TIMES: "timestamp",
    DATES: "date",
    DECIMAL: "string",
}
_NUMBERS: dict[int, tuple[str, int]] = {
    FieldDescriptor.TYPE_INT64: (INTEGER, scan.INT64),
    FieldDescriptor.TYPE_UINT64: (INTEGER, scan.UINT64),
    FieldDescriptor.TYPE_INT32: (INTEGER, scan.INT32),
    FieldDescriptor.TYPE_UINT32: (INTEGER, scan.UINT32),
    FieldDescriptor.TYPE_SINT64: (INTEGER, scan.SINT64),
    FieldDescriptor.TYPE_SINT32: (INTEGER, scan.SINT32),
    FieldDescriptor.TYPE_FIXED32: (INTEGER, scan.FIXED32),
    FieldDescriptor.TYPE_SFIXED32: (INTEGER, scan.SFIXED32),
    FieldDescriptor.TYPE_FIXED64: (INTEGER, scan.FIXED64),
    FieldDescriptor.TYPE_SFIXED64: (INTEGER, scan.SFIXED64),
    FieldDescriptor.TYPE_BOOL: (BOOLEAN, scan.BOOLEAN),
    FieldDescriptor.TYPE_FLOAT: (FLOAT, scan.FLOAT),
    FieldDescriptor.TYPE_DOUBLE: (FLOAT, scan.DOUBLE),
    FieldDescriptor.TYPE_ENUM: (ENUM, scan.INT32),
    FieldDescriptor.TYPE_STRING: (TEXT, scan.SPAN),
}
_WRAPPERS = {
    f"google.protobuf.{kind}Value" for kind in ("Int64", "UInt64", "Int32", "UInt32", "Bool", "Float", "Double")
}
# A schema may number its fields up to 536,870,911; the table of places ends here.
_HIGHEST = 65_535


@dataclass(frozen=True)
class Slot:
    """One field of the schema: ``field`` is the contract's of that name, ``holds`` what it holds, ``how`` says it is
    read by ``protobuf_scan``; ``inner`` and ``scale`` belong to it. ``items`` is the plan of a list's messages.

    ``evolved``: it is no field of the contract, but a column of its own.
    ``absent`` is, for a field without presence, the wire text that its default value stands for; None for none.
    """

    source: FieldDescriptor
    field: Field | None
    holds: str
    how: int
    inner: int = 0
    scale: int = 0
    absent: str | None = None
    items: Plan | None = None
    evolved: bool = False

    @property
    def name(self) -> str:
        """The field's name."""
        return str(self.source.name)

    @property
    def tells_absence(self) -> bool:
        """Whether the wire tells an absent field from one that has its type's default value."""
        return bool(self.source.has_presence)


@dataclass(frozen=True)
class Plan:
    """The fields of one message, in the order of their numbers."""

    message: Descriptor
    slots: tuple[Slot, ...]

    @cached_property
    def by_name(self) -> dict[str, int]:
        """The place of each field."""
        return {slot.name: place for place, slot in enumerate(self.slots)}

    @cached_property
    def tables(self) -> tuple[Any, ...]:
        """What ``protobuf_scan.scan`` takes: slot_of, kinds, inner, scales, oneofs."""
        numbers = [slot.source.number for slot in self.slots]
        slot_of = np.full(max(numbers, default=0) + 1, -1, np.int32)
        slot_of[numbers] = np.arange(len(numbers))
        groups = [slot.source.containing_oneof for slot in self.slots]
        oneofs = [group.index if group and len(group.fields) > 1 else -1 for group in groups]
        # A group's index may be as high as there are fields.
        return (
            slot_of,
            np.array([slot.how for slot in self.slots], np.uint8),
            np.array([slot.inner for slot in self.slots], np.uint8),
            np.array([slot.scale for slot in self.slots], np.int64),
            np.array(oneofs, np.int32),
        )

    @property
    def in_bulk(self) -> bool:
        """Whether compiled code can read such messages, and those in their lists."""
        within = all(slot.items.in_bulk for slot in self.slots if slot.items is not None)
        return bool(self.slots) and self.slots[-1].source.number <= _HIGHEST and within


def evolved(message: Descriptor, contract: Contract) -> tuple[Field, ...]:
    """The columns that the contract lacks and the messages' simple fields become."""
    known = {field.name for field in contract.fields}
    held = [(source.name, _reading(source, None)[0]) for source in message.fields if source.name not in known]
    return evolved_fields(contract, [(name, _EVOLVED[holds]) for name, holds in held if holds in _EVOLVED])


def plan_of(message: Descriptor, fields: tuple[Field, ...], more: tuple[Field, ...] = (), within: str = "") -> Plan:
    """The plan by which messages become ``fields`` and the evolved ones ``more``.

    ``within`` is the list field whose items they are.

    Raises:
        Incompatible: a field has a type that the contract's does not take, or a required one is not there.
    """
    known = {field.name: field for field in (*fields, *more)}
    if missing := [field.name for field in fields if field.required and field.name not in message.fields_by_name]:
        raise Incompatible(f"{message.full_name} has no field {missing[0]}, which the contract requires")
    found = [_slot(source, known.get(source.name), within) for source in message.fields]
    slots = [replace(slot, evolved=slot.field in more) for slot in found]
    return Plan(message, tuple(sorted(slots, key=lambda slot: slot.source.number)))


def _slot(source: FieldDescriptor, field: Field | None, within: str) -> Slot:
    holds, how, inner, scale = _reading(source, field)
    if field is None:
        slot = Slot(source, None, OTHER, scan.OTHER)
    else:
        takes = _TAKES["decimal" if field.decimal else field.type]
        if holds not in takes or (holds is OBJECTS and within):
            raise Incompatible(
                f"field {within}{field.name} is {_described(source)}, the contract says {field.type}; "
                f"it takes {' or '.join(takes)}"
            )
        items = plan_of(source.message_type, field.fields, within=f"{field.name}.") if field.fields else None
        slot = Slot(source, field, holds, how, inner, scale, None, items)
    return slot if slot.tells_absence else _with_default(slot)


def _with_default(slot: Slot) -> Slot:
    """Without presence an absent field has its type's default: a number is 0, but a text that is empty may be none."""
    required = slot.field is not None and slot.field.required
    absent: str | None = None
    if slot.holds == TEXT and required and slot.field is not None and slot.field.type == "string":
        absent = ""
    elif slot.holds == INTEGER:
        absent = "0"
    elif slot.holds == FLOAT:
        absent = "0.0"
    elif slot.holds == BOOLEAN:
        absent = "false"
    elif slot.holds == ENUM:
        name = slot.source.enum_type.values_by_number[0].name
        values = slot.field.values if slot.field else None
        meant = name in values if values else not name.upper().endswith("UNSPECIFIED")
        absent = name if required or meant else None
    return replace(slot, absent=absent)


def _reading(source: FieldDescriptor, field: Field | None) -> tuple[str, int, int, int]:
    """What the field holds, how it is read, what a wrapper holds, and the places an unscaled number shall have."""
    message = source.message_type
    if source.is_repeated:
        is_map = message is not None and message.GetOptions().map_entry
        return (OBJECTS, scan.LIST, 0, 0) if message is not None and not is_map else (OTHER, scan.OTHER, 0, 0)
    if source.type in _NUMBERS:
        return *_NUMBERS[source.type], 0, 0
    other = OTHER, scan.OTHER, 0, 0
    if source.type != FieldDescriptor.TYPE_MESSAGE:
        return other
    name, parts = message.full_name, message.fields_by_name
    if name == "google.protobuf.Timestamp":
        return TIMES, scan.TIMESTAMP, 0, 0
    if name == "google.type.Date":
        return DATES, scan.DATE, 0, 0
    if name in ("google.type.Decimal", "google.protobuf.StringValue"):
        return DECIMAL if name == "google.type.Decimal" else TEXT, scan.TEXT_WITHIN, 0, 0
    if name in _WRAPPERS:
        holds, inner = _NUMBERS[parts["value"].type]
        return holds, scan.NUMBER_WITHIN, inner, 0
    # Its older form has no precision, and its places stand where the newer has that.
    if name == "confluent.type.Decimal" and "scale" in parts and "value" in parts and parts["value"].number == 1:
        places = field.decimal[1] if field and field.decimal else 0
        return UNSCALED, scan.UNSCALED, 0, parts["scale"].number << 16 | places
    return other


_SCALARS = {
    getattr(FieldDescriptor, name): name[5:].lower() for name in dir(FieldDescriptor) if name.startswith("TYPE_")
}


def _described(source: FieldDescriptor) -> str:
    named = source.message_type or source.enum_type
    kind = named.full_name if named is not None else _SCALARS[source.type]
    return f"repeated {kind}" if source.is_repeated else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
