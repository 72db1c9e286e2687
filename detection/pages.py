"""One page a scenario and an index: ``python -m detection.pages docs/scenarios``.

``measured.json`` in that folder is what ``vigil evaluate DATASET --json`` printed; without it nothing is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from detection.described import Described, Row, described
from lakehouse.build import PROJECT

MEASURED = "measured.json"
INDEX = "README.md"

_WRITTEN = "Written by `python -m detection.pages docs/scenarios`; do not edit.\n"
_FIGURES = {
    "alerts": "alerts",
    "accounts": "accounts_flagged",
    "precision": "account_precision",
    "recall": "account_recall",
    "transfers' precision": "transaction_precision",
    "transfers' recall": "transaction_recall",
}
_PARAMETERS = {
    "parameter": "parameter",
    "jurisdiction": "jurisdiction",
    "segment": "segment",
    "value": "value",
    "from": "effective_from",
    "to": "effective_to",
    "version": "version",
    "source": "source",
}
_ALL = "any"

# What an evaluation printed, or None.
Measured = dict[str, Any] | None


def pages(scenarios: list[Described], measured: Measured) -> dict[str, str]:
    """The text of each page by file name, ``INDEX`` among them."""
    found = {f"{each.scenario_id}.md": "\n".join(_page(each, measured)) for each in scenarios}
    return found | {INDEX: "\n".join(_index(scenarios, measured))}


def measured_in(folder: Path) -> Measured:
    """What the folder's ``MEASURED`` holds, None where there is none."""
    file = folder / MEASURED
    return orjson.loads(file.read_bytes()) if file.exists() else None


def _page(scenario: Described, measured: Measured) -> Iterator[str]:
    yield f"# {scenario.versions[-1]['name']}\n"
    yield _WRITTEN
    yield f"`{scenario.scenario_id}`, in `{scenario.model}`. {scenario.finds}\n"
    yield f"**Why**: {scenario.why}\n"
    yield from _table(
        ("version", "finds", "source"), ((row["version"], row["typology"], row["source"]) for row in scenario.versions)
    )
    yield f"\n## Innocent twin\n\n{scenario.innocent_twin}\n"
    yield "The edges, as unit tests beside the model prove them:\n"
    yield from (f"- `{test}`: {proof}" for test, proof in scenario.proofs.items())
    yield "\n## Parameters\n"
    yield "Amounts are in the base currency of the bank's [jurisdiction](../marts.md#jurisdictions), whose own row goes"
    yield f"before that of `any`. Jurisdictions with rows of their own: {', '.join(scenario.jurisdictions) or 'none'}."
    yield "`points` are what an alert adds to the [order of the queue](../marts.md#the-order-of-the-queue).\n"
    rows = sorted(scenario.parameters, key=lambda row: _order(row, scenario.parameters))
    yield from _table(_PARAMETERS, ([row[column] for column in _PARAMETERS.values()] for row in rows))
    yield "\n## Measured\n"
    if measured is None:
        yield "Not measured yet.\n"
        return
    yield f"By account and by transfer, against the labels of `vigil evaluate {measured['dataset']}`. The placebo is"
    yield "the same data without the labelled transfers: what scores there is"
    yield "[bias of the data](../simulator.md#what-comes-out).\n"
    yield from _table(
        ("on", *_FIGURES),
        (
            (on, *_figures(scenario, measured[part]))
            for on, part in ((measured["dataset"], "alerts"), ("the placebo", "placebo"))
        ),
    )
    yield ""


def _index(scenarios: list[Described], measured: Measured) -> Iterator[str]:
    yield "# Scenarios\n"
    yield _WRITTEN
    figures = list(_FIGURES)[:4] if measured else []
    if measured:
        yield f"Figures are by account, of `vigil evaluate {measured['dataset']}`, kept in [{MEASURED}]({MEASURED})."
        yield "A scenario that finds nothing there may have had [nothing to find](../simulator.md#what-comes-out).\n"
    yield from _table(
        ("scenario", "finds", *figures),
        (
            (
                f"[{each.versions[-1]['name']}]({each.scenario_id}.md)",
                each.versions[-1]["typology"],
                *(_figures(each, measured["alerts"])[: len(figures)] if measured else ()),
            )
            for each in scenarios
        ),
    )
    yield ""


def _figures(scenario: Described, scored: dict[str, Any]) -> list[str]:
    """The scenario's figures, dashes where the evaluation has none."""
    scores = {each["scenario_id"]: each for each in scored["scenarios"]}
    values = [scores.get(scenario.scenario_id, {}).get(name) for name in _FIGURES.values()]
    return ["–" if each is None else f"{each:,}" if isinstance(each, int) else f"{each:.1%}" for each in values]


def _order(row: Row, rows: list[Row]) -> tuple[Any, ...]:
    """Parameters as the seed first names them; of each, ``any`` before jurisdictions and segments."""
    places = ((row[column] != _ALL, row[column]) for column in ("jurisdiction", "segment"))
    return [each["parameter"] for each in rows].index(row["parameter"]), *places, row["effective_from"]


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    columns = tuple(columns)
    for cells in (columns, ("---",) * len(columns), *rows):
        yield f"| {' | '.join(cells)} |"


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(described(PROJECT), measured_in(folder)).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
