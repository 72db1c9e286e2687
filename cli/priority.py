"""vigil priority: the learned order of the queue, its versions and what they say."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.console import AsJson, answer, print_json, print_rows, progress, say
from cli.environment import lake
from cli.query import rows
from detection.errors import NoSuchModel
from detection.priority import drift as drifting
from detection.priority import store, training
from detection.priority.outcomes import DECISIONS
from detection.priority.store import Role
from lakehouse.attach import connect

app = typer.Typer(help="Train, compare and promote the learned order of the queue.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The version, as 'vigil priority list' shows it.")]
By = Annotated[str, typer.Option(help="Who answers for it; kept in the ledger.")]
Reason = Annotated[str, typer.Option(help="Why, in words.")]

_SCORES = """
    with scores as (
        select * from lake.aml.alert_scores
        where alert_id = $alert_id
        qualify row_number() over (partition by model_version order by alert_pin desc) = 1
    ),
    features as (
        select alert_id, pin as alert_pin, features from lake.aml.alert_features
    )
    select
        model_version, score, starts_from, contribution.key as feature,
        features.features[contribution.key] as value, contribution.value as log_odds
    from (select * exclude (contributions), unnest(map_entries(contributions)) as contribution from scores) as said
    join features using (alert_id, alert_pin)
    order by model_version desc, abs(log_odds) desc, feature
"""
_COMPARED = """
    select
        model_version, count(distinct alert_id) as alerts, avg(score) as mean_score
    from lake.aml.alert_scores
    group by all
"""


@app.command()
def train(
    labels: Annotated[
        str, typer.Option(help="What teaches it: decisions, or a replayed data set (amlgentex, amlsim).")
    ] = DECISIONS,
    as_json: AsJson = False,
) -> None:
    """Train a version and let it score beside the champion from the next build on.

    It orders nothing until it is promoted.
    """
    with lake() as settings:
        trained = training.train(settings, labels, at=_now(), by="vigil priority train", progress=progress)
    if as_json:
        print_json(_told(trained))
        return
    _print_card(trained)
    say(f"version {trained.version} is a {trained.role} and scores from the next 'vigil build';")
    say(f"'vigil priority promote {trained.version}' lets it order the queue")


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """List the versions, newest first, with what each was worth on subjects it was not shown."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = store.versions(connection)
        scored = {row["model_version"]: row for row in rows(connection, _COMPARED, {})}
    told = [
        {
            **_told(each),
            **each.card["unseen_subjects"],
            **{name: scored.get(each.version, {}).get(name) for name in ("alerts", "mean_score")},
        }
        for each in found
    ]
    if not as_json:
        told = [{name: value for name, value in row.items() if name != "card"} for row in told]
    answer(told, as_json=as_json, title="versions of the learned priority")


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show a version's model card."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = store.version(connection, number)
    if as_json:
        print_json(_told(found))
    else:
        _print_card(found)


@app.command()
def promote(number: Number, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Let a version order the queue from the next build on; the champion before it goes on beside it."""
    _give(number, Role.champion, by, reason, as_json=as_json)


@app.command()
def retire(number: Number, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Let a version score no more; without a champion the queue is in the order of points."""
    _give(number, Role.retired, by, reason, as_json=as_json)


@app.command()
def explain(alert_id: Annotated[str, typer.Argument(help="The alert's identifier.")], as_json: AsJson = False) -> None:
    """Show what each feature of an alert added to its score, by version, the weightiest first."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = rows(connection, _SCORES, {"alert_id": alert_id})
    if not found:
        raise NoSuchModel(
            f"no version has scored alert {alert_id!r}: 'vigil alerts' lists the alerts, 'vigil priority list' the "
            "versions; a new one scores from the next 'vigil build'"
        )
    answer(found, as_json=as_json, title=alert_id)


@app.command()
def drift(
    days: Annotated[int, typer.Option(min=1, help="Alerts of so many days up to the newest.")] = drifting.DAYS,
    as_json: AsJson = False,
) -> None:
    """Compare alerts of late with those that the champion was trained on: above 0.25 it is another population."""
    with lake() as settings, connect(settings, read_only=True) as connection:
        champion = store.champion(connection)
        if champion is None:
            raise NoSuchModel("there is no champion whose alerts could drift: 'vigil priority promote' makes one")
        found = drifting.drift(connection, champion, days)
    if not found:
        progress(f"fewer than {drifting.LEAST} alerts of {days} days came after its training: too few to tell")
    answer(found, as_json=as_json, title=f"population stability index, version {champion.version}")


def _give(number: int, role: Role, by: str, reason: str, *, as_json: bool) -> None:
    with lake() as settings, connect(settings) as connection:
        store.give_role(connection, number, role, at=_now(), by=by, reason=reason)
        found = store.version(connection, number)
    if as_json:
        print_json(_told(found))
    else:
        say(f"version {number} is {role} from the next 'vigil build' on")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _told(version: store.Version) -> dict[str, Any]:
    return dataclasses.asdict(version)


def _print_card(version: store.Version) -> None:
    about = {name: value for name, value in _told(version).items() if name != "card"}
    print_rows([about], title=f"version {version.version}")
    say(version.card["purpose"])
    print_rows([version.card["trained_on"]], title="trained on")
    print_rows([version.card["unseen_subjects"]], title="on subjects it was not shown")
    print_rows(version.card["calibration"], title="calibration, by tenths of what was told")
    print_rows(version.card["gains"], title="what it looks at")
