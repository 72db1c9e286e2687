"""A backtest tells what other parameters would raise, and the lake stays as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import marts_lake
import orjson
import polars as pl
import pytest
from landed_bank import at
from marts_lake import BuiltLake
from typer.testing import CliRunner

from cli.main import app
from detection.backtest import Backtest, backtest
from detection.chart import chart, require_kind, write_chart
from detection.errors import NoSuchTrial
from detection.grid import MOST_POINTS
from lakehouse.attach import connect
from lakehouse.snapshots import record_build
from orchestration.definitions import defs
from orchestration.environment import environment
from orchestration.instance import open_instance

all_at_once = marts_lake.all_at_once


@pytest.fixture(scope="module")
def lake(all_at_once: BuiltLake) -> BuiltLake:
    """The bank of all typologies, built, as a build that passed its gates leaves it."""
    with connect(all_at_once.settings) as connection:
        record_build(connection, all_at_once.newest(), at(400))
    return all_at_once


def state(lake: BuiltLake) -> tuple[Any, ...]:
    """Whatever is written to a lake makes a snapshot, and a file if it is much."""
    files = sorted(Path(lake.settings.lake_data_path).rglob("*"))
    return lake.rows("from lake.snapshots()"), files


@pytest.fixture(scope="module")
def structuring(lake: BuiltLake) -> Backtest:
    """Structuring with fewer and more deposits asked for."""
    before = state(lake)
    found = backtest(lake.settings, "structuring", ["minimum_deposits=2,3,4"], sample_size=100)
    assert state(lake) == before, "nothing in production changes"
    return found


@pytest.mark.parametrize("scenario", ["structuring", "cycle", "fan_in"])
def test_what_is_in_force_gives_the_alerts_that_stand(lake: BuiltLake, scenario: str) -> None:
    ((parameter, value),) = lake.rows(
        f"""
        select parameter, max(value) from lake.intermediate.int_scenario_parameters
        where scenario_id = '{scenario}' and parameter = 'lookback_days' group by all
        """
    )
    found = backtest(lake.settings, scenario, [f"{parameter}={value}"], sample_size=50)
    standing = lake.rows(
        f"select subject_id, detected_at from lake.aml.alerts where scenario_id = '{scenario}' order by all"
    )
    assert standing
    for point in found.points:
        assert sorted((each.subject_id, each.detected_at) for each in point.above) == standing
        assert point.alerts == len(standing)
        assert point.below == []


def test_a_looser_line_names_more_and_a_tighter_one_fewer(structuring: Backtest) -> None:
    in_force, two, three, four = structuring.points
    assert in_force.values == {}
    assert three.values == {"minimum_deposits": Decimal(3)}
    assert structuring.parameters["minimum_deposits"] == [Decimal(3)]
    assert [three.alerts, three.subjects] == [in_force.alerts, in_force.subjects] == [3, 3]
    assert {each.subject_id for each in three.above} == {"P-splitter", "P-hirer", "P-runner"}
    assert {each.subject_id for each in four.above} == {"P-splitter"}
    assert {each.subject_id for each in two.above} > {each.subject_id for each in three.above}
    assert in_force.alerts_a_day == 3 / ((structuring.last_day - structuring.first_day).days + 1)


def test_the_samples_lie_on_both_sides_of_the_line_and_are_always_the_same(
    lake: BuiltLake, structuring: Backtest
) -> None:
    in_force, two, _, four = structuring.points
    assert {each.subject_id for each in four.below} >= {"P-hirer", "P-runner"}
    assert two.below == []
    # The nearest line that names them says why.
    assert {each.named_by for each in four.below if each.subject_id == "P-hirer"} == {"in force"}
    assert {each.named_by for each in in_force.below} == {"minimum_deposits=2"}
    assert all("cash deposits of at most" in each.reason for each in four.below)
    fewer = backtest(lake.settings, "structuring", ["minimum_deposits=2,3,4"], sample_size=1).points[1]
    assert fewer.above == two.above[:1]


def test_the_alerts_are_told_by_segment_and_one_segment_alone_can_be_tuned(lake: BuiltLake) -> None:
    found = backtest(lake.settings, "structuring", ["turnover_factor=0"])
    segments = {each.segment: each.subjects for each in found.points[1].segments}
    # The shop's takings are expected of a small business.
    assert segments["small_business"] == 2
    assert {each.segment for each in found.points[0].segments} == segments.keys() - {"small_business"}
    alone = backtest(lake.settings, "structuring", ["turnover_factor=0"], segment="small_business")
    assert [point.alerts for point in alone.points] == [0, found.points[1].alerts - found.points[0].alerts]
    assert {each.subject_id for each in alone.points[1].above} == {"P-shop", "P-clerk"}


def test_only_alerts_detected_in_the_period_count(lake: BuiltLake) -> None:
    day = date(2026, 1, 9)
    found = backtest(lake.settings, "structuring", ["minimum_deposits=3"], first_day=day, last_day=day)
    assert [[each.subject_id for each in point.above] for point in found.points] == [["P-hirer"]] * 2
    assert found.points[0].alerts_a_day == 1


def test_overlap_is_by_movements_in_evidence(lake: BuiltLake) -> None:
    in_force, *_ = backtest(lake.settings, "mule_account", ["minimum_payers=5"]).points
    assert in_force.alerts == 1
    assert in_force.overlap["fan_in"] == 1
    assert in_force.alone == 0


def test_the_grid_is_every_combination(lake: BuiltLake) -> None:
    found = backtest(lake.settings, "fan_out", ["minimum_payees=5,6", "minimum_amount=5000,9001"])
    assert [tuple(map(int, point.values.values())) for point in found.points[1:]] == [
        (5, 5000),
        (5, 9001),
        (6, 5000),
        (6, 9001),
    ]
    assert [point.alerts for point in found.points] == [1, 1, 0, 1, 0]


def test_recall_and_precision_where_truth_lies(lake: BuiltLake) -> None:
    folder = lake.settings.home / "truth"
    folder.mkdir(parents=True)
    moved = lake.rows("select transaction_id, end_to_end_id, account_id from lake.intermediate.int_movements")
    cases = {
        name: [transaction for transaction, _, account in moved if account == f"A-{name}"]
        for name in ("splitter", "hirer", "shop")
    }
    pl.DataFrame(
        {
            "case_no": [1, 2, 3],
            "typology": ["structuring"] * 3,
            "is_lookalike": [False, False, True],
            "transaction_ids": list(cases.values()),
        }
    ).write_parquet(folder / "bank-made.parquet")
    laundered = {"A-splitter", "A-rapid"}
    accounts = sorted({account for _, _, account in moved if account in laundered | {"A-client0"}})
    transfers = {end_to_end: account in laundered for _, end_to_end, account in moved if account in accounts}
    pl.concat(
        [
            pl.DataFrame(
                {"kind": "account", "account_id": accounts, "is_labelled": [a in laundered for a in accounts]}
            ),
            pl.DataFrame(
                {"kind": "transfer", "end_to_end_id": list(transfers), "is_labelled": list(transfers.values())}
            ),
        ],
        how="diagonal",
    ).write_parquet(folder / "replayed.parquet")
    try:
        found = backtest(lake.settings, "structuring", ["minimum_deposits=4,100"])
    finally:
        for file in folder.iterdir():
            file.unlink()
    told = [{each.unit: each for each in point.labelled} for point in found.points]
    # The alerts on P-splitter and P-runner name accounts of the replayed data, so they are not judged by the bank's.
    in_force, four, none = (each["planted cases"] for each in told)
    assert (in_force.labelled, in_force.found, in_force.recall) == (2, 2, 1.0)
    assert (four.labelled, four.found, four.recall) == (2, 1, 0.5)
    assert (none.found, none.recall, none.precision) == (0, 0.0, None)
    in_force, four, none = (each["accounts"] for each in told)
    assert (in_force.labelled, in_force.found, in_force.flagged) == (2, 1, 1)
    assert (in_force.recall, in_force.precision) == (0.5, 1.0)
    in_force, four, none = (each["transfers"] for each in told)
    deposits = len(cases["splitter"])
    assert in_force.labelled == sum(transfers.values())
    assert (four.found, four.flagged) == (deposits, deposits)
    assert none.precision is None


@pytest.mark.parametrize(
    ("scenario", "sets", "more", "told"),
    [
        ("smurfing", ["minimum_deposits=2"], {}, "no scenario 'smurfing'; scenarios: .*cycle, .*structuring"),
        ("structuring", ["deposits=2"], {}, "no parameter 'deposits'; parameters: .*minimum_deposits"),
        ("structuring", ["minimum_deposits"], {}, "sets nothing: write parameter=value"),
        ("structuring", [], {}, "nothing is set: give --set"),
        ("structuring", ["minimum_deposits=2,many"], {}, "'many' is no number"),
        ("structuring", ["minimum_deposits=nan"], {}, "at most 14 digits"),
        ("structuring", ["turnover_factor=0.00001"], {}, "4 behind it"),
        ("structuring", ["minimum_deposits=2", "minimum_deposits=3"], {}, "set twice"),
        ("structuring", ["minimum_deposits=" + ",".join(map(str, range(101)))], {}, f"takes {MOST_POINTS}"),
        ("structuring", ["minimum_deposits=2"], {"segment": "rich"}, "no segment 'rich'; segments: corporate, "),
        (
            "structuring",
            ["minimum_deposits=2"],
            {"first_day": date(2026, 2, 1), "last_day": date(2026, 1, 31)},
            "ends on 2026-01-31, before it begins on 2026-02-01",
        ),
        (
            "structuring",
            ["minimum_deposits=2"],
            {"last_day": date(2020, 1, 31)},
            "ends on 2020-01-31, before it begins on .*; movements are from",
        ),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    lake: BuiltLake, scenario: str, sets: list[str], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(NoSuchTrial, match=told):
        backtest(lake.settings, scenario, sets, **more)


def test_the_chart_draws_every_point(lake: BuiltLake, structuring: Backtest) -> None:
    drawn = orjson.loads(chart(structuring).to_json())
    (rows,) = drawn["datasets"].values()
    assert {row["value"] for row in rows} == {2.0, 3.0, 4.0}
    counted = sum(point.alerts for point in structuring.points[1:])
    assert sum(row["alerts"] for row in rows) == counted
    assert {row["in_force"] for row in rows} == {3}
    for suffix in (".html", ".json"):
        file = lake.settings.home / f"chart{suffix}"
        write_chart(structuring, file)
        assert "minimum_deposits" in file.read_text(encoding="utf-8")
    with pytest.raises(NoSuchTrial, match=r"written as \.html or \.json"):
        require_kind(lake.settings.home / "chart.svg")


def test_the_commands_tell_it_to_people_and_to_programs(
    lake: BuiltLake, kafka: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIGIL_HOME", str(lake.settings.home))
    monkeypatch.setenv("VIGIL_CATALOG", str(lake.settings.catalog))
    monkeypatch.setenv("VIGIL_DATA_PATH", lake.settings.lake_data_path)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    before = state(lake)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    drawn = tmp_path / "chart.html"
    told = run("backtest", "structuring", "--set", "minimum_deposits=2,4", "--to", "2026-01-31", "--chart", str(drawn))
    assert all(words in told for words in ("in force", "minimum_deposits=4", "P-splitter", "retail", "below"))
    assert drawn.is_file()
    found = orjson.loads(run("backtest", "structuring", "--set", "minimum_deposits=2,4", "--json"))
    assert [point["values"] for point in found["points"]] == [{}, {"minimum_deposits": "2"}, {"minimum_deposits": "4"}]
    assert "31 CFR 1010.314" in run("scenarios")
    listed = orjson.loads(run("scenarios", "--json"))
    assert {each["scenario_id"] for each in listed["scenarios"]} >= {"structuring", "cycle"}
    assert state(lake) == before, "nothing in production changes"


def test_the_job_tries_the_values_on_a_month(lake: BuiltLake) -> None:
    before = state(lake)
    given = {"scenario": "structuring", "assignments": ["minimum_deposits=2,4"]}
    with environment(lake.settings), open_instance(lake.settings) as instance:
        done = defs.resolve_job_def("backtest").execute_in_process(
            run_config={"ops": {"try_values": {"config": given}}}, partition_key="2026-01-01", instance=instance
        )
    assert done.success
    (written,) = (lake.settings.home / "backtests").glob("structuring-2026-01-01-*.json")
    found = orjson.loads(written.read_bytes())
    assert (found["first_day"], found["last_day"]) == ("2026-01-01", "2026-01-31")
    assert [point["alerts"] for point in found["points"]][::2] == [3, 1]
    assert written.with_suffix(".html").is_file()
    assert state(lake) == before, "nothing in production changes"
