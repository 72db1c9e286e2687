"""vigil sink rewind: a range of a topic landed again by a corrected contract."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.console import AsJson, Ticker, print_json, print_rows, progress, say
from cli.environment import ConfigFile, lake
from cli.sink import Sets, configured
from contracts import contract_for
from lakehouse.rewinds import models_of
from sinks import Event, Step
from sinks.rewind import plan_rewind
from sinks.rewind import rewind as land_again
from sinks.rewind_plan import Wanted


def rewind(
    topic: Annotated[str, typer.Argument(help="The topic.")],
    by: Annotated[str, typer.Option(help="Who rewinds; kept in the ledger.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition; needed with offsets.")] = None,
    from_offset: Annotated[int | None, typer.Option(min=0, help="The first offset.")] = None,
    to_offset: Annotated[
        int | None, typer.Option(min=0, help="Up to, not including, this offset; all that landed if not given.")
    ] = None,
    from_time: Annotated[
        str | None, typer.Option(help="From the first message of this time on, as 2026-01-31T13:45; UTC unless said.")
    ] = None,
    to_time: Annotated[str | None, typer.Option(help="Up to, not including, the first of this time or later.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
    settings: Sets = None,
    file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Land a range of a topic again by today's contract; its old rows stay in time travel. Sinks may run meanwhile."""
    if not dry_run and not (by.strip() and reason.strip()):
        raise typer.BadParameter("a rewind goes on record: say who with --by and why with --reason")
    wanted = Wanted(topic, partition, from_offset, to_offset, moment(from_time), moment(to_time))
    config = configured([topic], settings, file)
    with lake(file=file) as found:
        plan = plan_rewind(config, found, wanted)
        models = models_of(contract_for(topic).table)
        done = None if dry_run else land_again(config, found, wanted, by=by, why=reason, observe=Reading(plan.offsets))
    if as_json:
        print_json({"plan": plan, "offsets": plan.offsets, "models": models, "rewound": done})
        return
    print_rows(map(dataclasses.asdict, plan.partitions), title=f"{topic}: to be landed again" if dry_run else topic)
    if done is None:
        say(
            f"at most {plan.offsets:,} messages would be read; {plan.rows:,} rows and {plan.dead_letters:,} dead "
            f"letters would be replaced. Nothing was changed."
        )
    else:
        say(
            f"{done.messages:,} messages read: {done.rows_before:,} rows became {done.rows_after:,}, "
            f"{done.dead_letters_before:,} dead letters {done.dead_letters_after:,}; {done.kept:,} stay as they were. "
            f"Commit {done.commit_id}; the lake at version {done.before_snapshot} has the old rows."
        )
    say(f"the next build builds anew: {', '.join(models) or 'nothing'}")


def moment(text: str | None) -> datetime | None:
    """A time in UTC without a zone."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-01-31T13:45:00Z") from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


class Reading:
    """Tells how many messages were read, and that the switch is made."""

    def __init__(self, offsets: int) -> None:
        self._offsets = offsets
        self._tick = Ticker("read again")

    def __call__(self, event: Event) -> None:
        (counts,) = event.counts.values()
        if event.step is Step.ENCODED:
            self._tick(f"of {self._offsets:,} offsets", counts.rows + counts.dead_letters + counts.holes)
        if event.step is Step.REPEATED:
            progress("a sink committed meanwhile: asking sinks to hold still, and trying again")
