"""vigil reconcile: proof that every offset landed once."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from cli.console import AsJson, print_json, print_rows, say
from cli.environment import ConfigFile, lake
from cli.sink import configured
from sinks import PartitionReconciliation
from sinks import reconcile as reconciled

COLUMNS = ("topic", "partition", "first_offset", "next_offset", "log_end", "rows", "dead_letters", "holes", "gaps")
FAULTS = ("lost", "twice", "strays", "out_of_order")


def reconcile(
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="Only this topic; all with a contract if absent.")
    ] = None,
    file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Hold the lake against the broker: rows + dead letters + holes + gaps = offsets, none twice. Exit 1 if not."""
    config = configured(topic, None, file)
    with lake(file=file) as settings:
        found = reconciled(settings, config.topics, kafka=config.kafka)
    exact = all(each.exact for each in found)
    sums = totals(found)
    if as_json:
        print_json({"exact": exact, **sums, "partitions": [vars(each) | {"exact": each.exact} for each in found]})
    else:
        print_rows((dataclasses.asdict(each) for each in found), columns=[*COLUMNS, *FAULTS], title="reconciliation")
        say(f"{sums['offsets']:,} offsets are done with, {sums['waiting']:,} wait to be landed")
        say("exact: every offset done with is accounted for, once" if exact else "NOT exact: see the last four columns")
    if not exact:
        raise typer.Exit(1)


def totals(partitions: list[PartitionReconciliation]) -> dict[str, int]:
    """Sums over all partitions; ``waiting`` are offsets on the topics that no sink has read yet."""
    names = ("offsets", "rows", "dead_letters", "holes", "gaps", *FAULTS)
    waiting = sum(max((each.log_end or 0) - each.next_offset, 0) for each in partitions)
    return {name: sum(getattr(each, name) for each in partitions) for name in names} | {"waiting": waiting}
