"""vigil dead-letters: what could not land, and what becomes of it."""

from __future__ import annotations

import base64
import dataclasses
from typing import Annotated, Any

import typer

from cli.console import AsJson, Ticker, answer, print_json, print_rows, say
from cli.environment import ConfigFile, lake
from cli.sink import Sets, configured
from sinks import Event, Step
from sinks.dead_letter_replay import replay as replay_letters
from sinks.dead_letters import Letter, Selection, groups, newest
from sinks.dead_letters import resolve as resolve_letters

app = typer.Typer(help="List, read, replay and resolve messages that could not land.", no_args_is_help=True)

Topic = Annotated[str, typer.Argument(help="The topic.")]
AnyTopic = Annotated[str | None, typer.Option("--topic", help="Only of this topic.")]
Fault = Annotated[str | None, typer.Option("--reason", help="Only with this reason, such as malformed.")]
Partition = Annotated[int | None, typer.Option(min=0, help="Only one letter: its partition, with --offset.")]
Offset = Annotated[int | None, typer.Option(min=0, help="Only one letter: its offset, with --partition.")]


@app.command("list")
def list_letters(topic: AnyTopic = None, reason: Fault = None, as_json: AsJson = False) -> None:
    """Count dead letters by topic and reason, and show how many are open, replayed and resolved."""
    selection = Selection(topic, reason)
    with lake() as settings:
        found = groups(settings, selection)
    answer(found, as_json=as_json, title="dead letters")


@app.command()
def show(
    topic: Topic,
    partition: Partition = None,
    offset: Offset = None,
    reason: Fault = None,
    payload: Annotated[
        bool, typer.Option("--payload", help="Print key and value too; they may hold personal data.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter, by partition and offset, or the newest of the topic or of one reason."""
    selection = Selection(topic, reason, partition, offset)
    with lake() as settings:
        found = described(newest(settings, selection), payload=payload)
    if as_json:
        print_json(found)
    else:
        title = f"{found['topic']}[{found['partition']}] at offset {found['offset']}"
        print_rows(({"field": name, "value": value} for name, value in found.items()), title=title)


@app.command()
def replay(
    topic: AnyTopic = None,
    reason: Fault = None,
    partition: Partition = None,
    offset: Offset = None,
    settings: Sets = None,
    file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Decode open letters again by today's contract; land those that fit, once. A resolved one only if it is named."""
    selection = Selection(topic, reason, partition, offset)
    config = configured(None, settings, file)
    with lake(file=file) as found_lake:
        found = replay_letters(found_lake, selection, observe=Replaying(), config=config)
    landed = sum(each.letters for each in found if each.reason is None)
    left = sum(each.letters for each in found) - landed
    if as_json:
        print_json({"landed": landed, "left": left, "fates": found})
        return
    fates = ({**dataclasses.asdict(each), "reason": each.reason or "landed"} for each in found)
    print_rows(fates, columns=("topic", "was", "reason", "letters", "detail"), title="replayed")
    say(f"{landed:,} landed, {left:,} still fit no contract; what landed or was resolved before was left alone")


@app.command()
def resolve(
    topic: Topic,
    by: Annotated[str, typer.Option(help="Who settles it; kept in the ledger.")],
    reason: Annotated[str, typer.Option(help="Why, in words; kept in the ledger.")],
    partition: Partition = None,
    offset: Offset = None,
    only: Annotated[str | None, typer.Option(help="Only with this reason, such as malformed.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All open letters of the topic.")] = False,
    as_json: AsJson = False,
) -> None:
    """Settle letters without landing them: they stay on record, and replays leave them out."""
    if offset is None and partition is None and only is None and not everything:
        raise typer.BadParameter("name one letter by --partition and --offset, a reason by --only, or say --all")
    selection = Selection(topic, only, partition, offset)
    with lake() as settings:
        count = resolve_letters(settings, selection, by=by, why=reason)
    if as_json:
        print_json({"resolved": count})
    else:
        say(f"{count:,} resolved" if count else "nothing to resolve: all of them were settled before")


def described(letter: Letter, *, payload: bool) -> dict[str, Any]:
    """The letter's fields, its key and value only as sizes unless ``payload`` is asked for."""
    fields = dataclasses.asdict(letter)
    key, value = fields.pop("key"), fields.pop("value")
    sizes = {"key_bytes": _size(key), "value_bytes": _size(value)}
    return fields | sizes | (_content("key", key) | _content("value", value) if payload else {})


class Replaying:
    """Tells how many letters have landed, as transactions are committed."""

    def __init__(self) -> None:
        self._rows = 0
        self._tick = Ticker("replayed")

    def __call__(self, event: Event) -> None:
        if event.step is Step.COMMITTED:
            self._rows += sum(counts.rows for counts in event.counts.values())
            self._tick("letters", self._rows)


def _size(raw: bytes | None) -> int | None:
    return None if raw is None else len(raw)


def _content(name: str, raw: bytes | None) -> dict[str, str | None]:
    """As text where it is UTF-8, else as base64 under a name that says so."""
    if raw is None:
        return {name: None}
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(raw).decode()}
