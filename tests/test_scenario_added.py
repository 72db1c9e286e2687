"""docs/adding_a_scenario.md is true: its model, entry and rows give a scenario that fires."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import marts_lake
import pytest
from landed_bank import Bank, at
from marts_lake import BuiltLake, MakeLake

from lakehouse import build

make_lake = marts_lake.make_lake
PAGE = build.PROJECT.parent / "docs" / "adding_a_scenario.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project with the page's scenario added."""
    project = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(build.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (model,), (entry,), (scenario, parameters) = _blocks("sql"), _blocks("yml"), _blocks("csv")
    (project / "models/marts/aml/scenarios/card_refunds.sql").write_text(model, encoding="utf-8")
    for path, rows in (
        ("models/marts/aml/_aml__models.yml", "\n" + entry),
        ("seeds/scenarios.csv", scenario),
        ("seeds/scenario_parameters.csv", parameters),
    ):
        with (project / path).open("a", encoding="utf-8") as file:
            file.write(rows)
    settings = project / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("scenarios: [", "scenarios: [card_refunds, "), encoding="utf-8")
    return project


def test_the_scenario_of_the_page_fires(make_lake: MakeLake, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, bank = make_lake(), Bank()
    for name, method in (("refunded", "card"), ("paid", "credit_transfer")):
        account = bank.customer(name)
        for day in range(10):
            bank.move(account, "credit", 700, at(day), method=method, debtor_name="A shop")
    lake.land(bank.events)
    added = BuiltLake(lake.settings, lake.target.with_name("dbt_added"))
    monkeypatch.setattr(build, "PROJECT", project)
    added.dbt(
        lake.newest(),
        *("build", "--select", "+alerts", "resource_type:seed", "--indirect-selection", "cautious"),
        *("--exclude-resource-types", "unit_test"),
    )
    found = lake.rows("select subject_id, detected_at from lake.aml.alerts where scenario_id = 'card_refunds'")
    assert found == [("A-refunded", at(9))]
