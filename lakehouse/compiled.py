"""Models as the statements that dbt would run for them, so that they can be run elsewhere than in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse import build
from lakehouse.settings import Settings

_MODEL = "model.vigil."


@dataclass(frozen=True)
class Statement:
    """A model in full: ``table`` is its schema and name, ``reads`` those of the tables that ``sql`` selects from."""

    table: str
    sql: str
    reads: tuple[str, ...]


def statements_between(settings: Settings, pin: int, target: Path, first: str, last: str) -> list[Statement]:
    """``last`` and every model on a way from model ``first`` to it, without ``first``, each after what it reads.

    Nothing is built. Args as those of ``lakehouse.build.dbt``.

    Raises:
        BuildFailed: dbt cannot compile them.
    """
    nodes = build.parsed_project().nodes
    ancestors: dict[str, set[str]] = {}

    def visit(unique_id: str) -> set[str]:
        """All that a node depends on; ``ancestors`` gets it in an order in which each comes after what it reads."""
        if unique_id not in ancestors:
            parents = [each for each in nodes[unique_id].depends_on_nodes if each in nodes]
            ancestors[unique_id] = set(parents).union(*map(visit, parents))
        return ancestors[unique_id]

    visit(_MODEL + last)
    between = [each for each, found in ancestors.items() if _MODEL + first in found]
    names = [nodes[each].name for each in between]
    build.dbt(settings, pin, target, "compile", "--full-refresh", "--select", *names)
    compiled = target / "compiled" / "vigil"
    return [
        Statement(
            table=_table(nodes[each]),
            sql=(compiled / nodes[each].original_file_path).read_text(encoding="utf-8"),
            reads=tuple(_table(nodes[parent]) for parent in nodes[each].depends_on_nodes if parent in nodes),
        )
        for each in between
    ]


def _table(node: Any) -> str:
    return f"{node.schema}.{node.name}"
