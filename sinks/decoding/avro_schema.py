"""Avro schemas (specification 1.12) as types, every name resolved; JSON in, nothing of the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sinks.decoding.framed import Incompatible

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
# A record without fields, as a mark, is common enough; records of records of them are not.
_MOST_IN_NOTHING = 64
_LOGICAL = {
    "date": "int",
    "time-millis": "int",
    "time-micros": "long",
    **dict.fromkeys(("timestamp-millis", "timestamp-micros", "timestamp-nanos"), "long"),
    **dict.fromkeys(("local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"), "long"),
}


@dataclass(frozen=True)
class Member:
    """A record's field."""

    name: str
    aliases: tuple[str, ...]
    type: Type


@dataclass(eq=False)
class Type:
    """A type: ``kind`` is Avro's word for it, ``logical`` its logical type where that is a valid one.

    ``members`` of a record, ``items`` of an array or map, ``branches`` of a union, ``symbols`` of an enum, ``size`` of
    a fixed, ``decimal`` (precision, scale) of what is logically one. A record may hold itself.
    """

    kind: str
    name: str = ""
    logical: str | None = None
    decimal: tuple[int, int] = (0, 0)
    size: int = 0
    symbols: tuple[str, ...] = ()
    members: list[Member] = field(default_factory=list)
    items: Type | None = None
    branches: tuple[Type, ...] = ()

    def __str__(self) -> str:
        if self.kind == "union":
            return "[" + ", ".join(map(str, self.branches)) + "]"
        logical = f"decimal({self.decimal[0]},{self.decimal[1]})" if self.logical == "decimal" else self.logical
        word = f"{logical} in {self.kind}" if logical else self.kind
        return f"array of {self.items}" if self.kind == "array" else word

    @property
    def beside_null(self) -> Type | None:
        """Of a union of null and one other type, the other; the type itself if it is no union; else None."""
        if self.kind != "union":
            return self
        others = [each for each in self.branches if each.kind != "null"]
        return others[0] if len(others) == 1 and len(self.branches) == 2 else None


def parse(text: str, references: tuple[tuple[str, str], ...] = ()) -> Type:
    """The type in ``text``; ``references`` are (name, text) of schemas whose named types it uses, in order.

    Raises:
        Incompatible: it is no Avro schema.
    """
    named: dict[str, Type] = {}
    try:
        for _, referenced in references:
            _parse(json.loads(referenced), "", named)
        found = _parse(json.loads(text), "", named)
        values: dict[int, int] = {}
        for each in named.values():
            _count_values(each, frozenset(), values)
        return found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Incompatible(f"it is no Avro schema that could be read ({type(error).__name__}: {error})") from error


def is_empty(kind: Type) -> bool:
    """Whether values of the type take no bytes."""
    if kind.kind == "record":
        return all(is_empty(member.type) for member in kind.members)
    return kind.kind == "null" or (kind.kind == "fixed" and kind.size == 0)


def _count_values(kind: Type, within: frozenset[int], known: dict[int, int]) -> int:
    """How many values are in a value that takes no bytes, 0 of one that takes some; ``within`` are records around it.

    No message has the bytes that would bound the work of reading them.
    """
    if kind.kind != "record":
        return int(is_empty(kind))
    if id(kind) in within:
        raise ValueError(f"record {kind.name} holds itself, and nothing between could end it")
    if id(kind) not in known:
        counts = [_count_values(member.type, within | {id(kind)}, known) for member in kind.members]
        known[id(kind)] = 1 + sum(counts) if all(counts) else 0
        if known[id(kind)] > _MOST_IN_NOTHING:
            raise ValueError(f"record {kind.name} holds more than {_MOST_IN_NOTHING} values that take no bytes")
    return known[id(kind)]


def _parse(raw: Any, space: str, named: dict[str, Type]) -> Type:
    if isinstance(raw, str):
        if raw in PRIMITIVES:
            return Type(raw)
        full = raw if "." in raw or not space else f"{space}.{raw}"
        return named[full] if full in named else named[raw]
    if isinstance(raw, list):
        branches = tuple(_parse(each, space, named) for each in raw)
        if not branches or any(each.kind == "union" for each in branches):
            raise ValueError("a union is empty or holds a union")
        return Type("union", branches=branches)
    kind = raw["type"]
    if isinstance(kind, dict | list) or kind not in PRIMITIVES | {"record", "error", "enum", "fixed", "array", "map"}:
        return _parse(kind, space, named)
    if kind in ("array", "map"):
        return Type(kind, items=_parse(raw["items" if kind == "array" else "values"], space, named))
    found = Type("record" if kind == "error" else kind)
    if kind not in PRIMITIVES:
        space = _name(found, raw, space, named)
    if kind == "enum":
        found.symbols = tuple(raw["symbols"])
        if not all(isinstance(each, str) for each in found.symbols):
            raise ValueError("an enum's symbols are no strings")
    elif kind == "fixed":
        found.size = int(raw["size"])
        if not 0 <= found.size <= 1 << 20:
            raise ValueError(f"a fixed of {found.size} bytes")
    elif found.kind == "record":
        for each in raw["fields"]:
            aliases = tuple(each.get("aliases") or ())
            if not all(isinstance(alias, str) for alias in aliases):
                raise ValueError("an alias is no string")
            found.members.append(Member(each["name"], aliases, _parse(each["type"], space, named)))
        names = [member.name for member in found.members]
        if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"record {found.name} names a field twice")
    _add_logical(found, raw)
    return found


def _name(found: Type, raw: dict[str, Any], space: str, named: dict[str, Type]) -> str:
    """Enter the type under its full name, before what it holds is read; returns its namespace."""
    name = raw["name"]
    if "." not in name:
        space = raw.get("namespace", space) or ""
        name = f"{space}.{name}" if space else name
    if name in named:
        raise ValueError(f"{name} is defined twice")
    found.name = name
    named[name] = found
    return str(name.rpartition(".")[0])


def _add_logical(found: Type, raw: dict[str, Any]) -> None:
    logical = raw.get("logicalType")
    if logical == "decimal" and found.kind in ("bytes", "fixed"):
        precision, scale = raw.get("precision"), raw.get("scale", 0)
        # What is no valid decimal is read as if it had no logical type, as the specification has it.
        if isinstance(precision, int) and isinstance(scale, int) and 0 <= scale <= precision and precision > 0:
            found.logical, found.decimal = "decimal", (precision, scale)
    elif isinstance(logical, str) and _LOGICAL.get(logical) == found.kind:
        found.logical = logical
