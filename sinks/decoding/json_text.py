"""JSON read exactly: every number stays the text it was, and a field that occurs twice is an error."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from contracts import Field
from sinks.decoding.columns import Unfit, require_few


class Number(str):
    """A number as its digits; never a float. JSON has none that is ``NaN`` or infinite, other formats do."""

    __slots__ = ()


NOT_FINITE = ("NaN", "Infinity", "-Infinity")
# Well within what Python's stack takes wherever this is called, so that a message's fate depends on itself alone.
_DEEPEST = 200


def read(text: str) -> Any:
    """The value in ``text``: dict, list, str, bool, None or Number.

    Raises:
        Unfit: it is not JSON, or an object has a field twice.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unfit("malformed", f"not JSON: {error}"[:300]) from error


class Kept(str):
    """A value that its column cannot hold, as text; it stays in ``_extra``."""

    __slots__ = ()


class Doubled(dict[str, Any]):
    """An object in which the names ``twice`` occur more than once."""

    twice: frozenset[str] = frozenset()


def read_all(text: str) -> Any:
    """As ``read``, but an object that has a field twice is ``Doubled``, and no error yet.

    Raises:
        Unfit: it is not JSON.
    """
    try:
        return _MARKING.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unfit("malformed", f"not JSON: {error}"[:300]) from error


def write(value: Any, depth: int = 0) -> str:
    """``value`` as ``read`` gave it, as compact JSON with every number as it stood.

    Raises:
        Unfit: it is nested too deeply.
    """
    if isinstance(value, Number):
        return _quoted(value) if value in NOT_FINITE else str(value)
    if depth > _DEEPEST:
        raise Unfit("malformed", f"values are nested deeper than {_DEEPEST}")
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{write(each, depth + 1)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(each, depth + 1) for each in value) + "]"
    return _quoted(value) if isinstance(value, str) else {None: "null", True: "true", False: "false"}[value]


def wire_text(field: Field, value: Any) -> str | None:
    """A scalar field's value as the text that ``columns.convert`` takes; None for null.

    Raises:
        Unfit: the value has the wrong JSON type.
    """
    if value is None:
        return None
    kind = "number" if isinstance(value, Number) else _KINDS[type(value)]
    if kind not in (("string", "number") if field.decimal else (_WIRE_KINDS.get(field.type, "string"),)):
        raise Unfit("wrong_type", f"{field.name} is a JSON {kind}, the contract says {field.type}")
    if kind == "boolean":
        return "true" if value else "false"
    return _utf8(str(value), field.name)


def list_items(field: Field, value: Any) -> tuple[list[dict[str, str | None]] | None, list[dict[str, Any]] | None]:
    """A list field's objects as wire text, and per object what the contract does not know (None if nothing).

    Raises:
        Unfit: the value is no list of objects, has too many, or one of their values has the wrong JSON type.
    """
    assert field.fields is not None
    if value is None:
        return None, None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unfit("wrong_type", f"{field.name} is no list of objects")
    require_few(field, len(value))
    known = {inner.name: inner for inner in field.fields}
    items = []
    for item in value:
        try:
            items.append({name: wire_text(inner, item.get(name)) for name, inner in known.items()})
        except Unfit as unfit:
            raise Unfit(unfit.reason, f"in {field.name}: {unfit.detail}") from unfit
    unknown = [{name: each for name, each in item.items() if name not in known} for item in value]
    return items, unknown if any(unknown) else None


def _utf8(text: str, name: str) -> str:
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise Unfit("not_utf8", f"{name} has half a surrogate pair") from error
    return text


def _quoted(text: str) -> str:
    # Escaped, so that half a surrogate pair in an unknown field is kept as it came.
    return json.dumps(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise Unfit("duplicate_field", f"{doubled} occurs twice")
    return found


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    doubled = Doubled(found)
    doubled.twice = frozenset(name for name in names if names.count(name) > 1)
    return doubled


_MARKING = json.JSONDecoder(
    object_pairs_hook=_marked, parse_float=Number, parse_int=Number, parse_constant=_no_constant
)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_no_constant
)
_KINDS = {str: "string", bool: "boolean", dict: "object", list: "list"}
_WIRE_KINDS = {"integer": "number", "double": "number", "boolean": "boolean"}
