"""Champion and challengers score every alert from what was known then; the queue follows, and nothing leaves it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import dagster as dg
import marts_lake
import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pytest
from landed_bank import at
from marts_lake import BuiltLake, MakeLake
from typer.testing import CliRunner
from typologies import bank

from cli.main import app
from detection.errors import NoSuchModel, TooFewLabels
from detection.priority import drift, fitting
from detection.priority.features import matrix, names_in
from detection.priority.fitting import score
from detection.priority.folds import FOLDS, folds
from detection.priority.model import Model, train
from detection.priority.outcomes import DECISIONS, of_decisions
from detection.priority.store import Role, give_role, live_models, save, version, versions
from detection.priority.training import train as train_version
from lakehouse.attach import connect
from lakehouse.errors import NotBuilt
from orchestration.definitions import defs
from orchestration.defs.priority.checks import priority_drift
from orchestration.environment import environment
from orchestration.instance import open_instance

make_lake = marts_lake.make_lake

# A data set of labels, made for the test.
MADE = "made"
# Of a training that had met no points at all.
CARD = {
    "unseen_subjects": {"average_precision": 0.5},
    "trained_on": {"last_detected": "2000-01-01 00:00:00"},
    "distribution": {"points": {"edges": [0.0], "shares": [1.0, 0.0]}},
}
NOON = datetime(2026, 5, 1, 12)
ALERTS = """
    select alert_id, features from lake.aml.alert_features
    qualify row_number() over (partition by alert_id order by pin desc) = 1
    order by alert_id
"""
STANDING = "select * from lake.aml.alerts order by alert_id"


def learned(lake: BuiltLake, seed: int) -> Model:
    """Trees over the lake's own alerts, with labels at random: what they say is another matter."""
    with connect(lake.settings, read_only=True) as connection:
        features = connection.execute(ALERTS).to_arrow_table()["features"]
    names = tuple(names_in(features))
    rows = np.repeat(matrix(features, names), 20, axis=0)
    labels = (np.random.default_rng(seed).random(len(rows)) < 0.4).astype(float)
    return replace(train(rows, labels, np.ones(len(rows)), names), slope=0.7, intercept=-0.3)


def _write_truth(lake: BuiltLake) -> None:
    """Labels as a replay leaves them: every second account with an alert."""
    accounts = [account for (account,) in lake.rows("select distinct account_id from lake.intermediate.int_movements")]
    folder = lake.settings.home / "truth"
    folder.mkdir(parents=True)
    pl.DataFrame(
        {
            "kind": ["account"] * len(accounts),
            "account_id": sorted(accounts),
            "end_to_end_id": [None] * len(accounts),
            "is_labelled": [number % 2 == 0 for number in range(len(accounts))],
        },
        schema={"kind": pl.String, "account_id": pl.String, "end_to_end_id": pl.String, "is_labelled": pl.Boolean},
    ).write_parquet(folder / f"{MADE}.parquet")


@pytest.fixture(scope="module")
def built(make_lake: MakeLake) -> tuple[BuiltLake, list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """A lake with a champion (1), a challenger (2) and a retired version (3); its alerts and cases before them."""
    lake = make_lake()
    lake.land(bank().events)
    lake.build_cases(lake.newest())
    _write_truth(lake)
    before = lake.rows(STANDING), lake.rows("select case_id, alert_ids, points from lake.str.cases order by case_id")
    lake.land(marts_lake.decisions(lake))
    with connect(lake.settings) as connection:
        # What each alert was before it was amended.
        connection.execute(
            """
            insert into lake.aml.alert_features
            select alert_id, pin - 1, detected_at, map {} from lake.aml.alert_features
            """
        )
        for seed in (1, 2, 3):
            save(connection, learned(lake, seed), "test", 1, CARD, trained_at=NOON, trained_by="test")
        give_role(connection, 1, Role.champion, at=NOON.replace(hour=13), by="an officer", reason="the first")
        give_role(connection, 3, Role.retired, at=NOON.replace(hour=13), by="an officer", reason="not wanted")
    lake.build_cases(lake.newest())
    return lake, *before


def test_every_alert_has_what_each_live_version_says(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, alerts, _ = built
    found = lake.rows(
        "select model_version, count(*), count(distinct alert_id) from lake.aml.alert_scores group by all"
    )
    assert sorted(found) == [(1, len(alerts), len(alerts)), (2, len(alerts), len(alerts))]
    with connect(lake.settings, read_only=True) as connection:
        models = live_models(connection, lake.newest())
        features = connection.execute(ALERTS).to_arrow_table()
        assert live_models(connection, 1) == {}
    # The trees of a version that scores no more are not read.
    assert set(models) == {1, 2}
    for number, model in models.items():
        told = lake.rows(f"select score from lake.aml.alert_scores where model_version = {number} order by alert_id")
        np.testing.assert_allclose([each for (each,) in told], score(model, features), atol=1e-9)


def test_a_score_is_the_sum_of_its_contributions(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    wrong = lake.rows(
        """
        select alert_id, score
        from lake.aml.alert_scores
        where abs(score - 1 / (1 + exp(-(starts_from + list_sum(map_values(contributions)))))) > 1e-9
        """
    )
    assert wrong == []
    assert lake.rows("select count(*) from lake.aml.alert_scores where cardinality(contributions) > 0") != [(0,)]


def test_the_champion_orders_the_cases_and_hides_none(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, alerts, cases = built
    assert lake.rows(STANDING) == alerts
    assert lake.rows("select case_id, alert_ids, points from lake.str.cases order by case_id") == cases
    wrong = lake.rows(
        """
        select cases.case_id
        from lake.str.cases as cases
        where score is distinct from (
            select max(score) from lake.aml.alert_scores
            where model_version = 1 and list_contains(cases.alert_ids, alert_id)
        )
        """
    )
    assert wrong == []


def test_a_score_is_kept_as_it_was_given(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    before = lake.rows("from lake.aml.alert_scores order by all")
    lake.build_cases(lake.newest())
    assert lake.rows("from lake.aml.alert_scores order by all") == before


def test_an_alert_knows_nothing_later_than_itself(built: tuple[BuiltLake, Any, Any], make_lake: MakeLake) -> None:
    """The first days of the bank, built alone, give the same features to the alerts of those days."""
    lake, _, _ = built
    early = make_lake()
    early.land([event for event in bank().events if event.sent_at < at(9)])
    early.build_cases(early.newest())
    known = dict(early.rows("select alert_id, features from lake.aml.alert_features"))
    assert len(known) > 5
    assert {alert: features for alert, features in lake.rows(ALERTS) if alert in known} == known


def test_a_new_champion_makes_the_one_before_a_challenger(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    with connect(lake.settings) as connection:
        give_role(connection, 2, Role.champion, at=NOON.replace(hour=14), by="an officer", reason="better")
        assert {each.version: each.role for each in versions(connection)} == {
            1: "challenger",
            2: "champion",
            3: "retired",
        }
        assert version(connection, 1).reason == "version 2 became the champion"
        with pytest.raises(NoSuchModel, match=r"no version 9 of the learned priority; there is 1, 2, 3"):
            give_role(connection, 9, Role.champion, at=NOON, by="an officer", reason="a mistake")
        give_role(connection, 1, Role.champion, at=NOON, by="an officer", reason="by a clock that is behind")
        assert {each.version: each.role for each in versions(connection)} == {
            1: Role.champion,
            2: Role.challenger,
            3: Role.retired,
        }


def test_two_trainings_at_once_never_share_a_number(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    model, ready = learned(lake, 4), threading.Barrier(2)
    kept: list[int] = []

    def keep() -> None:
        with connect(lake.settings) as connection:
            ready.wait()
            kept.append(save(connection, model, "test", 1, CARD, trained_at=NOON, trained_by="test"))

    threads = [threading.Thread(target=keep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [4, 5]
    with connect(lake.settings) as connection:
        assert [each.version for each in versions(connection)] == [5, 4, 3, 2, 1]
        for number in kept:
            give_role(connection, number, Role.retired, at=NOON, by="test", reason="only a race")


def test_training_needs_decisions_and_a_build(built: tuple[BuiltLake, Any, Any], make_lake: MakeLake) -> None:
    lake, _, _ = built
    with pytest.raises(TooFewLabels, match="subjects with a positive label: 1, and 30"):
        train_version(lake.settings, DECISIONS, at=NOON, by="test", progress=lambda _: None)
    empty = make_lake()
    empty.land([])
    with pytest.raises(NotBuilt, match="vigil build"):
        train_version(empty.settings, DECISIONS, at=NOON, by="test", progress=lambda _: None)


def test_decisions_that_another_officer_approved_are_labels(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    with connect(lake.settings, read_only=True) as connection:
        labels = of_decisions(connection).select(["subject_id", "label"]).to_pylist()
    assert {each["subject_id"]: each["label"] for each in labels} == {"party P-splitter": True, "party P-runner": False}


def test_what_one_person_holds_is_shown_together_or_not_at_all(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, _, _ = built
    held = lake.rows(
        """
        select 'party ' || party_id, list_sort(list(distinct 'account ' || account_id))
        from (select account_id, unnest(holder_party_ids) as party_id from lake.intermediate.int_account_holders)
        group by all
        """
    )
    assert ("party P-large", ["account A-large", "account A-large2"]) in held
    assert ("party P-joint2", ["account A-joint"]) in held
    with connect(lake.settings, read_only=True) as connection:
        found = [set(folds(connection, [party, *accounts])) for party, accounts in held]
        assert folds(connection, ["account unheard of"]) == folds(connection, ["account unheard of"] * 2)[:1]
        assert folds(connection, []) == []
    assert {len(each) for each in found} == {1}
    assert set.union(*found) == set(range(FOLDS))


def test_a_command_trains_promotes_and_explains(
    built: tuple[BuiltLake, Any, Any], kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, alerts, _ = built
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setattr(fitting, "MINIMUM", 5)
    monkeypatch.setenv("VIGIL_CATALOG", str(lake.settings.catalog))
    monkeypatch.setenv("VIGIL_DATA_PATH", lake.settings.lake_data_path)
    monkeypatch.setenv("VIGIL_HOME", str(lake.settings.home))

    def run(*arguments: str, exit_code: int = 0) -> str:
        done = CliRunner().invoke(app, ["priority", *arguments])
        assert done.exit_code == exit_code, done.output
        return done.stdout

    trained = orjson.loads(run("train", "--labels", MADE, "--json"))
    assert (trained["role"], trained["labels"]) == ("challenger", MADE)
    assert 0 < trained["card"]["trained_on"]["positive_subjects"] < trained["card"]["trained_on"]["subjects"]
    number = str(trained["version"])
    promoted = orjson.loads(run("promote", number, "--by", "an officer", "--reason", "a trial", "--json"))
    assert promoted["role"] == "champion"
    retired = orjson.loads(run("retire", number, "--by", "an officer", "--reason", "a trial only", "--json"))
    assert (retired["role"], retired["given_by"], retired["reason"]) == ("retired", "an officer", "a trial only")
    assert orjson.loads(run("list", "--json"))[0]["version"] == trained["version"]
    assert "Orders the queue" in run("show", number)
    told = orjson.loads(run("explain", alerts[0][0], "--json"))
    assert {each["model_version"] for each in told} <= {1, 2}
    assert told == sorted(told, key=lambda each: (-each["model_version"], -abs(each["log_odds"]), each["feature"]))


def test_dagster_trains_and_watches_the_drift(
    built: tuple[BuiltLake, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, _, _ = built
    monkeypatch.setattr(fitting, "MINIMUM", 5)
    with connect(lake.settings, read_only=True) as connection:
        before = versions(connection)[0].version
    with environment(lake.settings), open_instance(lake.settings) as instance:
        given = {"ops": {"train_version": {"config": {"labels": MADE}}}}
        done = defs.resolve_job_def("train_priority").execute_in_process(run_config=given, instance=instance)
        assert done.success
        with connect(lake.settings) as connection:
            newest = versions(connection)[0]
            assert newest.version == before + 1
            assert newest.role is Role.challenger
            give_role(connection, 1, Role.champion, at=NOON, by="test", reason="a trial")
        few = priority_drift()
        monkeypatch.setattr(drift, "LEAST", 1)
        checked = priority_drift()
    assert isinstance(few, dg.AssetCheckResult)
    assert isinstance(checked, dg.AssetCheckResult)
    assert "too few new alerts" in str(few.description)
    assert not checked.passed
    assert set(checked.metadata or {}) == {"points"}
    assert checked.description == "version 1: 1 of 1 distributions moved by more than 0.25"


def test_features_are_maps_of_numbers(built: tuple[BuiltLake, Any, Any]) -> None:
    lake, alerts, _ = built
    with connect(lake.settings, read_only=True) as connection:
        column = connection.execute(ALERTS).to_arrow_table()["features"]
    assert column.type == pa.map_(pa.string(), pa.float64())
    names = names_in(column)
    assert {"points", "new_payers", "sharing", "share_new"} <= set(names)
    assert len(column) == len(alerts)
