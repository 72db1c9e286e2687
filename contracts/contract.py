"""A contract: the fields of one topic's events, and the landing table that follows from them."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_DUCKDB_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


class ContractError(Exception):
    """A contract file is wrong; the message names the file, the field and the remedy."""


class Field(BaseModel):
    """One field of an event.

    ``type`` is ``string``, ``integer``, ``double`` (binary, so never for money), ``boolean``, ``date``, ``timestamp``
    (UTC, microseconds), ``decimal(p,s)`` or ``list`` (of objects with ``fields`` of their own, none of them a list).
    ``values`` closes the set of strings that are allowed; ``minimum`` is the least number that is allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: str
    description: str
    required: bool = False
    values: tuple[str, ...] | None = None
    minimum: int | None = None
    fields: tuple[Field, ...] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Field:
        if self.type == "list":
            if not self.fields:
                raise ValueError(f"field {self.name!r} is a list and needs 'fields'")
            if any(inner.type == "list" for inner in self.fields):
                raise ValueError(f"field {self.name!r}: a list inside a list is not supported")
        elif self.fields:
            raise ValueError(f"field {self.name!r} has 'fields' but type {self.type!r}; make it a list")
        elif self.type not in _DUCKDB_TYPES and not _DECIMAL.fullmatch(self.type):
            raise ValueError(f"field {self.name!r} has the unknown type {self.type!r}")
        if self.values is not None and self.type != "string":
            raise ValueError(f"field {self.name!r}: 'values' needs type string, not {self.type!r}")
        return self

    @property
    def decimal(self) -> tuple[int, int] | None:
        """(precision, scale) of a decimal field, None for any other."""
        match = _DECIMAL.fullmatch(self.type)
        return (int(match[1]), int(match[2])) if match else None

    @property
    def duckdb_type(self) -> str:
        """The column type in the lake, such as ``DECIMAL(18,4)`` or ``STRUCT("type" VARCHAR)[]``."""
        if self.fields:
            inner = ", ".join(f'"{field.name}" {field.duckdb_type}' for field in self.fields)
            return f"STRUCT({inner})[]"
        return _DUCKDB_TYPES.get(self.type, self.type.upper())


def table_name(topic: str) -> str:
    """Name of a topic's landing table."""
    name = re.sub(r"[^a-z0-9]", "_", topic.lower())
    return f"_{name}" if name[0].isdigit() else name


class Contract(BaseModel):
    """One topic's event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str
    key: str
    event_time: str
    tombstone: Literal["delete", "reject"]
    description: str
    fields: tuple[Field, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Contract:
        names = [field.name for field in self.fields]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"fields named twice: {', '.join(doubled)}")
        if reserved := sorted(name for name in names if name.startswith("_")):
            raise ValueError(f"names that start with an underscore are the sink's own: {', '.join(reserved)}")
        for role in ("key", "event_time"):
            if getattr(self, role) not in names:
                raise ValueError(f"{role} names {getattr(self, role)!r}, which is no field")
        return self

    @property
    def table(self) -> str:
        """Name of the landing table, never to be quoted: ``bank.fx-rates`` lands in ``bank_fx_rates``."""
        return table_name(self.topic)

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.topic} has no field {name!r}")

    @classmethod
    def parse(cls, raw: Any, source: str) -> Contract:
        """The contract in ``raw`` (a mapping as read from YAML).

        Raises:
            ContractError: naming ``source`` and every fault in it.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            faults = "; ".join(f"{_place(e['loc'], raw) or 'contract'}: {e['msg']}" for e in error.errors())
            raise ContractError(
                f"{source}: {faults}. Correct the file; fields are described in docs/contracts.md."
            ) from error


def _place(loc: tuple[int | str, ...], raw: Any) -> str:
    """Where in ``raw`` a fault is, a field by its name: ``fields.birth_date.type``."""
    names: list[str] = []
    for step in loc:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            raw = None
        named = isinstance(step, int) and isinstance(raw, dict) and isinstance(raw.get("name"), str)
        names.append(raw["name"] if named else str(step))
    return ".".join(names)
