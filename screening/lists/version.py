"""One version of a list: its entries in the fields of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from contracts import Field, contract_for
from screening.errors import ListUnreadable

TOPIC = "reference.watchlists"


def _type(field: Field) -> Any:
    if field.fields:
        return pl.List(pl.Struct(dict.fromkeys((inner.name for inner in field.fields), pl.String)))
    return pl.Datetime("us") if field.type == "timestamp" else pl.String


SCHEMA: dict[str, Any] = {field.name: _type(field) for field in contract_for(TOPIC).fields}
COLUMNS = list(SCHEMA)


@dataclass(frozen=True)
class ListVersion:
    """A list as it was published at a time (naive UTC); ``entries`` has the contract's columns, one row an entry."""

    list_name: str
    list_version: str
    published_at: datetime
    entries: pl.DataFrame


def version_of(list_name: str, list_version: str, at: datetime, entries: Iterable[dict[str, Any]]) -> ListVersion:
    """A version of the entries that an adapter has read, without the fields that are the same for all of them.

    Raises:
        ListUnreadable: there is no entry, one has no name, or two have the same identifier.
    """
    shared = {"list_name": list_name, "list_version": list_version, "published_at": at}
    rows = [entry | shared | {"entry_id": f"{list_name}/{entry['entry_id']}"} for entry in entries]
    frame = pl.DataFrame(rows, schema=SCHEMA).sort("entry_id")
    if not frame.height:
        raise ListUnreadable(f"the file holds no entry of {list_name}: get the whole list again; nothing was changed")
    twice = frame.filter(pl.col("entry_id").is_duplicated())["entry_id"]
    nameless = frame.filter(pl.col("name").fill_null("").str.strip_chars() == "")["entry_id"]
    for wrong, reason in ((twice, "come more than once"), (nameless, "have no name")):
        if wrong.len():
            told = ", ".join(wrong.unique().sort().head(3))
            raise ListUnreadable(f"{wrong.len()} entries of {list_name} {reason} ({told}): get the list again")
    return ListVersion(list_name, list_version, at, frame)


def digest(*files: bytes) -> str:
    """What stands for the version of a list whose files name none."""
    return hashlib.sha256(b"".join(files)).hexdigest()[:16]


def text(data: bytes, what: str) -> str:
    """The text of a file in UTF-8.

    Raises:
        ListUnreadable: it is in another encoding.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListUnreadable(
            f"{what} is not UTF-8: byte 0x{data[error.start]:02x} at {error.start}. Save it in UTF-8, or get it again"
        ) from error


def values(found: Iterable[str | None]) -> list[dict[str, str]] | None:
    """The contract's form of a list of plain values, each once; None if there is none."""
    return [{"value": value} for value in dict.fromkeys(found) if value] or None
