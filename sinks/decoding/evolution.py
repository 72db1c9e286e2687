"""Evolved columns: fields of a writer's schema that the contract lacks, and that may become columns of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from contracts import Contract, Field
from lakehouse.growth import can_be_column
from lakehouse.schema import SINK_COLUMNS

# A name that needs no thought in SQL beyond quotes; the sink's own columns begin with an underscore.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


def evolved_fields(contract: Contract, candidates: Iterable[tuple[str, str]]) -> tuple[Field, ...]:
    """Those of ``candidates`` (name, type as in a contract or ``double``) that become columns.

    A name that is no plain identifier, or differs from another only in upper and lower case, does not: two columns of
    one table cannot be told apart by case. Such a field stays in ``_extra``.
    """
    found = list(candidates)
    taken = {name.casefold() for name in [*(field.name for field in contract.fields), *SINK_COLUMNS]}
    times = Counter(name.casefold() for name, _ in found)
    return tuple(
        Field(name=name, type=kind, description="In the writer's schema, not in the contract.")
        for name, kind in found
        if _PLAIN.fullmatch(name)
        and can_be_column(name)
        and name.casefold() not in taken
        and times[name.casefold()] == 1
    )


def with_evolved(contract: Contract, evolved: tuple[Field, ...]) -> Contract:
    """The contract as if it had the evolved fields too, behind its own."""
    return contract.model_copy(update={"fields": contract.fields + evolved}) if evolved else contract
