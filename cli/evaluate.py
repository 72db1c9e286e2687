"""vigil evaluate: the scenarios against published labels, the placebo beside."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from cli.console import AsJson, print_json, print_rows, progress, say
from cli.environment import lake
from detection.evaluate import evaluate as evaluated
from detection.priority.ranked import Learned
from detection.scored import Scored


def evaluate(
    dataset: Annotated[str, typer.Argument(help="amlgentex or amlsim, replayed and built before.")],
    as_json: AsJson = False,
) -> None:
    """Print each scenario's precision and recall on a replayed data set, as they come out.

    The placebo is the same data without the labelled transfers but with the labels: what still scores there is bias.
    """
    with lake() as settings:
        found = evaluated(settings, dataset, progress)
    if as_json:
        print_json(found)
        return
    say(f"{found.laundering_accounts:,} of {found.accounts:,} accounts are labelled,")
    say(f"{found.laundering_transactions:,} of {found.transactions:,} records, over {found.days:.0f} days")
    for scored, of in (
        (found.alerts, dataset),
        (found.placebo, "the placebo: labelled transfers deleted, labels kept"),
    ):
        print_rows(scored.scenarios, title=f"scenarios on {of}")
        _print_order(scored, f"order of the queue by points on {of}")
        if scored.learned:
            _print_order(
                scored.learned,
                f"order of the queue as learned from other accounts, or before, on {of}",
            )
        else:
            say(f"too few labelled accounts have alerts to learn a priority from on {of}")


def _print_order(scored: Scored | Learned, title: str) -> None:
    named = (
        ("accounts", scored.accounts),
        ("accounts, second half", scored.second_half),
        ("transfers", scored.transfers),
    )
    print_rows(({"of": name, **dataclasses.asdict(ranking)} for name, ranking in named), title=title)
