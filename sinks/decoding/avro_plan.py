"""What becomes of each field of a writer's Avro schema: its column, and the table that a kernel reads it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contracts import Contract, Field
from sinks.decoding import avro_scan as scan
from sinks.decoding.avro_schema import Member, Type, is_empty
from sinks.decoding.evolution import evolved_fields
from sinks.decoding.framed import Incompatible

_OPS = {
    "null": scan.NULL,
    "boolean": scan.BOOLEAN,
    "int": scan.INT,
    "long": scan.LONG,
    "float": scan.FLOAT,
    "double": scan.DOUBLE,
    "bytes": scan.BYTES,
    "string": scan.BYTES,
    "fixed": scan.FIXED,
    "enum": scan.ENUM,
    "record": scan.RECORD,
    "array": scan.ARRAY,
    "map": scan.MAP,
    "union": scan.UNION,
}
_KEPT_AS_NUMBER = {"boolean", "int", "long", "float", "double", "enum"}
# An op that the kernel does not know on a member: it passes over the whole value by its node.
_WHOLE = 99


@dataclass(frozen=True)
class Column:
    """Where a field's values come from: the writer's ``type`` (None: the writer has no such field) in ``slot``.

    ``items``: of a list, how its objects are read.
    """

    field: Field
    type: Type | None = None
    slot: int = -1
    items: Plan | None = None


@dataclass(frozen=True)
class Extra:
    """A field that is no column: its place is in ``slot``."""

    name: str
    type: Type
    slot: int


class Table:
    """The table of types that ``avro_scan`` describes."""

    def __init__(self) -> None:
        self._nodes: dict[int, int] = {}
        self._ops: list[int] = []
        self._firsts: list[int] = []
        self._counts: list[int] = []
        self._children: list[int] = []

    def node(self, kind: Type) -> int:
        """The node of a type; one that holds itself has one node."""
        known = self._nodes.get(id(kind))
        if known is not None:
            return known
        node = self._nodes[id(kind)] = len(self._ops)
        self._ops.append(_OPS[kind.kind])
        self._firsts.append(kind.size)
        self._counts.append(len(kind.symbols))
        if kind.kind in ("record", "union"):
            held = [member.type for member in kind.members] if kind.kind == "record" else list(kind.branches)
            nodes = [self.node(each) for each in held]
            self._firsts[node], self._counts[node] = len(self._children), len(nodes)
            self._children += nodes
        elif kind.items is not None:
            self._firsts[node] = self.node(kind.items)
            # Of an array: whether its items take no bytes at all, so that any number of them could be in nothing.
            self._counts[node] = int(kind.kind == "array" and is_empty(kind.items))
        return node

    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """Ops, firsts, counts, children."""
        parts = self._ops, self._firsts, self._counts, self._children
        ops, firsts, counts, children = (np.array(each, np.int64) for each in parts)
        return ops, firsts, counts, children


class Plan:
    """How records of one type become columns for ``fields``.

    ``extras`` is where to put what is no column: of a message; an object in a list that has such is left to the row
    path.
    """

    def __init__(self, record: Type, fields: tuple[Field, ...], table: Table, place: str = "") -> None:
        self.table = table
        self.columns: list[Column] = []
        self.extras: list[Extra] = []
        self._entries: list[list[int]] = []
        self._slots = 0
        sources = matched(record, fields)
        columns: dict[str, Column] = {}
        for member in record.members:
            field = sources.get(member.name)
            if field is not None:
                columns[field.name] = self._column(field, member, place)
            else:
                self._unknown(member, nested=bool(place))
        for field in fields:
            if field.required and field.name not in columns:
                raise Incompatible(
                    f"it lacks {place}{field.name}, which is required; add it, or make it optional in the contract"
                )
            self.columns.append(columns.get(field.name, Column(field)))
        self.members = np.array(self._entries, np.int64).reshape(-1, scan.ENTRIES)

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return self._slots

    def _column(self, field: Field, member: Member, place: str) -> Column:
        branches = member.type.branches if member.type.kind == "union" else (member.type,)
        types = [each for each in branches if each.kind != "null"]
        for each in types:
            if not _takes(field, each):
                raise Incompatible(
                    f"{place}{member.name} is {each} in the schema, {field.type} in the contract{_remedy(field, each)}"
                )
        if not types:
            self._enter(member.type, scan.NULL, scan.PASS if member.type.kind == "null" else scan.LEAVE)
            return Column(field)
        items = None
        if field.fields is not None and types[0].items is not None and types[0].items.kind == "record":
            items = Plan(types[0].items, field.fields, self.table, f"{place}{member.name}.")
        inner = member.type.beside_null
        scale_fits = inner is None or inner.logical != "decimal" or inner.decimal[1] <= 38
        if inner is None or not scale_fits or (field.fields is not None and items is None):
            self._enter(member.type, _WHOLE, scan.LEAVE)
            return Column(field)
        deed = scan.NUMBER if inner.kind in _KEPT_AS_NUMBER else scan.SPAN
        return Column(field, inner, self._enter(member.type, _OPS[inner.kind], deed), items)

    def _unknown(self, member: Member, nested: bool) -> None:
        if member.type.kind == "null":
            self._enter(member.type, scan.NULL, scan.PASS)
        elif nested:
            self._enter(member.type, _WHOLE, scan.LEAVE)
        else:
            slot = self._enter(member.type, _WHOLE, scan.SPAN)
            self.extras.append(Extra(member.name, member.type.beside_null or member.type, slot))

    def _enter(self, kind: Type, op: int, deed: int) -> int:
        inner = kind.beside_null
        null = next((i for i, each in enumerate(kind.branches) if each.kind == "null"), -1) if inner else -1
        slot = -1
        if deed in (scan.NUMBER, scan.SPAN):
            slot = self._slots
            self._slots += 1
        self._entries.append([op, self.table.node(inner or kind), null, deed, slot])
        return slot


def matched(record: Type, fields: tuple[Field, ...]) -> dict[str, Field]:
    """Which field each of the record's members is, by its name; by an alias where no member has the field's name."""
    names = {member.name for member in record.members}
    by_name = {field.name: field for field in fields}
    found = {name: by_name[name] for name in names & set(by_name)}
    for member in record.members:
        if member.name not in found:
            former = [each for each in member.aliases if each in by_name and by_name[each] not in found.values()]
            if former:
                found[member.name] = by_name[former[0]]
    return found


def evolved(record: Type, contract: Contract) -> tuple[Field, ...]:
    """The columns that the record's members become, where the contract lacks them."""
    known = matched(record, contract.fields)
    others = [member for member in record.members if member.name not in known]
    candidates = [(member.name, _simple(member.type.beside_null)) for member in others]
    return evolved_fields(contract, [(name, kind) for name, kind in candidates if kind])


def _simple(kind: Type | None) -> str | None:
    """The type of the column that values of a simple type fit; None if the type is not simple."""
    if kind is None:
        return None
    if kind.logical == "decimal":
        return f"decimal({kind.decimal[0]},{kind.decimal[1]})" if kind.decimal[0] <= 38 else None
    if kind.logical is not None:
        return "date" if kind.logical == "date" else "timestamp" if kind.logical.startswith("timestamp") else None
    words = {"int": "integer", "long": "integer", "float": "double", "double": "double", "enum": "string"}
    return words.get(kind.kind) or (kind.kind if kind.kind in ("string", "boolean") else None)


def _takes(field: Field, kind: Type) -> bool:
    if field.fields is not None:
        items = kind.items.beside_null if kind.kind == "array" and kind.items else None
        return items is not None and items.kind == "record"
    if kind.kind == "string":
        return field.type in ("string", "date", "timestamp") or field.decimal is not None
    simple = _simple(kind)
    if field.decimal is not None:
        return kind.logical == "decimal" or simple == "integer"
    return simple == field.type


def _remedy(field: Field, kind: Type) -> str:
    if field.decimal is not None and kind.kind in ("float", "double"):
        return "; write it as bytes with the logical type decimal or as a string, which keep it exact"
    if field.type == "timestamp" and kind.kind in ("int", "long"):
        return "; give it the logical type timestamp-millis or timestamp-micros, which have a zone and a unit"
    return ""
