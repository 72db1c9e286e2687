"""vigil sink run: topics into the lake, exactly once."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.console import AsJson, Ticker, answer, fail, print_json, print_rows, progress
from cli.environment import ConfigFile, lake, settings_with
from cli.log_lines import LogFormat, log_lines, log_step
from lakehouse.errors import LakeError
from lakehouse.secrets import is_secret
from local.errors import LocalServiceError
from sinks import (
    Event,
    LandingResult,
    Observer,
    SinkConfig,
    SinkError,
    Step,
    accept_gap,
    remove_orphans,
    run_until_caught_up,
)
from sinks import configured as configuration
from sinks import lag as lag_of
from sinks import run as run_sink

app = typer.Typer(help="Land topics in the lake, exactly once.", no_args_is_help=True)

Topics = Annotated[list[str] | None, typer.Option("--topic", help="A topic to land; all with a contract if not given.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting as name=value, such as batch_rows=50000 or kafka.fetch.min.bytes=65536."),
]


@app.callback()
def _group() -> None:
    """Land topics in the lake, exactly once."""


@app.command()
def run(
    topic: Topics = None,
    until_caught_up: Annotated[
        bool, typer.Option("--until-caught-up", help="End when all that is in the topics at the start has landed.")
    ] = False,
    settings: Sets = None,
    file: ConfigFile = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Answer /metrics, /healthz and /readyz on this port; 0 for a free one. Off if not given."),
    ] = None,
    metrics_address: Annotated[
        str | None, typer.Option(help="The address of that port; only this machine can reach it if not given.")
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option(help="Progress on standard error: lines for people, or a JSON object a line.")
    ] = LogFormat.HUMAN,
    as_json: AsJson = False,
) -> None:
    """Land topics until Ctrl-C or SIGTERM; what is under way is finished or dropped, either is safe."""
    with log_lines(log_format):
        try:
            config = configured(topic, settings, file, metrics_port=metrics_port, metrics_address=metrics_address)
            observe = log_step if log_format is LogFormat.JSON else Landing()
            result = _land(config, file, observe, until_caught_up)
        except (LakeError, LocalServiceError, SinkError) as error:
            if log_format is LogFormat.HUMAN:
                raise
            fail(str(error), as_json=as_json)
            raise typer.Exit(1) from error
    show(result, as_json=as_json)


@app.command("accept-gap")
def accept(
    topic: Annotated[str, typer.Argument(help="The topic that no longer continues what was landed.")],
    by: Annotated[str, typer.Option(help="Who accepts the loss; kept in the ledger.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    file: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Let landing of a topic go on without offsets that are gone: deleted, expired, or of a topic made again."""
    kafka = configured(None, None, file).kafka
    with lake(file=file) as found:
        gaps = accept_gap(found, topic, accepted_by=by, reason=reason, kafka=kafka)
    answer(
        [
            {"topic": gap.partition.topic, "partition": gap.partition.number, "first": gap.first, "next": gap.next}
            for gap in gaps
        ],
        as_json=as_json,
        title="gaps accepted",
    )


@app.command()
def lag(topic: Topics = None, file: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show how far each partition has landed and how much of it waits."""
    config = configured(topic, None, file)
    with lake(file=file) as found:
        waiting = lag_of(found, config.topics, kafka=config.kafka)
    answer(waiting, as_json=as_json, title="lag")


@app.command("remove-orphans")
def orphans(
    hours: Annotated[float, typer.Option(min=1, help="Only files older than so many hours.")] = 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete data files that killed sinks wrote and never registered; no query ever saw them."""
    with lake() as found:
        older_than = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=hours)
        removed = remove_orphans(found, older_than, dry_run=dry_run)
    answer(
        [{"file": file} for file in removed], as_json=as_json, title="files to delete" if dry_run else "files deleted"
    )


def configured(
    topics: list[str] | None, settings: list[str] | None, file: Path | None = None, **options: object
) -> SinkConfig:
    """The sink's configuration from the command line's options, then the environment, then the settings file.

    Options that are None were not given.
    """
    given: dict[str, object] = {name: value for name, value in options.items() if value is not None}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise typer.BadParameter(f"{setting!r} is not name=value", param_hint="--set")
        if is_secret(name):
            raise typer.BadParameter(
                f"{name} would be seen by everyone on this machine; put it in the settings file, or in the "
                "environment (docs/operations.md)",
                param_hint="--set",
            )
        given[name] = value
    if topics:
        given["topics"] = tuple(topics)
    return configuration(settings_with(file), given)


def show(result: LandingResult, *, as_json: bool) -> None:
    """What landed, by topic."""
    if as_json:
        print_json(result)
    else:
        print_rows(
            (
                {"topic": name, **vars(landed.counts), "batches": landed.batches}
                for name, landed in sorted(result.topics.items())
            ),
            title="landed",
        )


def _land(config: SinkConfig, file: Path | None, observe: Observer, until_caught_up: bool) -> LandingResult:
    stop = threading.Event()
    with lake(file=file) as found:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        progress("landing; Ctrl-C ends it")
        land = run_until_caught_up if until_caught_up else run_sink
        return land(config, found, stop, observe=observe)


TOLD = {
    Step.STOPPED: "{} has stopped, other topics go on: {}",
    Step.WAITING: "{} waits, other topics go on: {}",
    Step.RESUMED: "{} lands again",
    Step.FOUND: "under a pattern, landed from now on: {}",
    Step.GROWN: "the landing table of {} has grown: {}",
    Step.IGNORED: "under a pattern, but left alone: {}: {}",
    Step.TENDED: "upkeep{}: {}",
    Step.UNTENDED: "upkeep{} fails: {}",
    Step.RESTORED: "upkeep{}: {}",
}


class Landing:
    """Tells how many rows have landed, as batches are committed."""

    def __init__(self) -> None:
        self._rows = 0
        self._tick = Ticker("landed")

    def __call__(self, event: Event) -> None:
        if event.step is Step.SERVING:
            progress(f"metrics: {event.detail}/metrics, probes: {event.detail}/healthz and {event.detail}/readyz")
        if told := TOLD.get(event.step):
            progress(told.format(", ".join(event.counts), event.detail))
        if event.step is Step.COMMITTED:
            self._rows += sum(counts.rows for counts in event.counts.values())
            self._tick("rows", self._rows)
