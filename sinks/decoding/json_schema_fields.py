"""What a JSON schema says of the fields of its messages."""

from __future__ import annotations

import json
from typing import Any

from contracts import Contract, Field
from sinks.decoding.evolution import evolved_fields, with_evolved
from sinks.decoding.framed import Incompatible
from sinks.decoding.registry import Schema

# A JSON number that is no integer has no exact type to be had: it stays in _extra, digit for digit.
_EVOLVED = {"string": "string", "integer": "integer", "boolean": "boolean"}


def layout(contract: Contract, schema: Schema) -> Contract:
    """The contract with the evolved columns of the schema.

    Raises:
        Incompatible: a field has no type that the contract's takes, or a required one has no place in the schema.
    """
    try:
        raw = json.loads(schema.text)
        raw = raw if isinstance(raw, dict) else {}
        properties = {name: _types(each) for name, each in (raw.get("properties") or {}).items()}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise Incompatible(f"it is no JSON schema that could be read ({type(error).__name__}: {error})") from error
    known = {field.name: field for field in contract.fields}
    for name, types in properties.items():
        if name in known and types and not types & _takes(known[name]):
            raise Incompatible(
                f"{name} is {' or '.join(sorted(types))} in the schema, {known[name].type} in the contract"
            )
    closed = raw.get("additionalProperties") is False and "patternProperties" not in raw
    lacking = [field.name for field in contract.fields if field.required and field.name not in properties]
    if closed and lacking:
        raise Incompatible(f"it lacks {', '.join(lacking)}, which is required; add it, or make it optional")
    candidates = [
        (name, _EVOLVED[next(iter(types))])
        for name, types in properties.items()
        if name not in known and len(types) == 1 and types <= _EVOLVED.keys()
    ]
    return with_evolved(contract, evolved_fields(contract, candidates))


def _types(declared: Any) -> frozenset[str]:
    """The JSON types that a value may have, null aside; none where the schema does not plainly say."""
    if not isinstance(declared, dict):
        return frozenset()
    for several in ("oneOf", "anyOf"):
        if several in declared:
            each = [_plain(one) for one in declared[several]]
            plain = [types for types in each if types is not None]
            return frozenset[str]().union(*plain) if len(plain) == len(each) else frozenset()
    return _plain(declared) or frozenset()


def _plain(declared: Any) -> frozenset[str] | None:
    """The types that ``type`` names, null aside; None where there is no such word."""
    named = declared.get("type") if isinstance(declared, dict) else None
    if isinstance(named, str):
        named = [named]
    return frozenset(named) - {"null"} if isinstance(named, list) else None


def _takes(field: Field) -> frozenset[str]:
    if field.decimal is not None:
        return frozenset({"string", "number", "integer"})
    words = {
        "integer": {"integer", "number"},
        "double": {"integer", "number"},
        "boolean": {"boolean"},
        "list": {"array"},
    }
    return frozenset(words.get(field.type, {"string"}))
