"""The data dictionary, written from the contracts: ``python -m contracts.dictionary > docs/contracts.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from contracts.contract import Contract, Field
from contracts.registry import load

_PREFACE = """\
# Contracts

What an event is, topic by topic. This page is written from `contracts/topics/*.yml` by
`python -m contracts.dictionary`; change the contract, not the page.

On the wire an event is one JSON object in UTF-8. Decimals are strings (`"1250.00"`), times are ISO 8601 in UTC with
microseconds (`"2026-01-31T13:45:00.123456Z"`), dates `"2026-01-31"`. A field that is not in the contract is kept in
the landing column `_extra`; an event that lacks a required field, or has a value of another type, becomes a dead
letter.

A contract file has `topic`, `key` (the field that is the message's key), `event_time`, `tombstone` (`delete`: a
message without a value means the thing was deleted; `reject`: it becomes a dead letter), `description` and `fields`.
A field has `name`, `type` (`string`, `integer`, `double`, `boolean`, `date`, `timestamp`, `decimal(p,s)`, `list`
with `fields`), `description` and optionally `required`, `values` (the only strings allowed) and `minimum`.
"""


def markdown(contracts: Iterable[Contract]) -> str:
    """The dictionary of ``contracts`` as one Markdown page."""
    return "\n".join([_PREFACE, *(line for contract in contracts for line in _section(contract))])


def _section(contract: Contract) -> Iterator[str]:
    yield f"## {contract.topic}"
    yield ""
    yield contract.description
    yield ""
    yield (
        f"Lands in `landing.{contract.table}`. Key: `{contract.key}`. Event time: `{contract.event_time}`. "
        f"Tombstone: {contract.tombstone}."
    )
    yield ""
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    for field in contract.fields:
        yield _row(field, field.name)
        for inner in field.fields or ():
            yield _row(inner, f"{field.name}[].{inner.name}")
    yield ""


def _row(field: Field, name: str) -> str:
    values = f" One of {', '.join(f'`{value}`' for value in field.values)}." if field.values else ""
    least = f" At least {field.minimum}." if field.minimum is not None else ""
    return f"| `{name}` | {field.type} | {'yes' if field.required else ''} | {field.description}{values}{least} |"


if __name__ == "__main__":
    sys.stdout.write(markdown(load().values()))
