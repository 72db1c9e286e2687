"""vigil evaluate: the scenarios against published labels, the placebo beside."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import AsJson, print_json, print_rows, progress, say
from cli.environment import lake
from detection.evaluate import evaluate as evaluated


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
    say(f"{found.laundering_transactions:,} of {found.transactions:,} records")
    print_rows(found.scenarios, title=f"scenarios on {dataset}")
    print_rows(found.placebo, title="placebo: labelled transfers deleted, labels kept")
