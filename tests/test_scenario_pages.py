"""docs/scenarios has a page for each scenario, as the project describes and the last evaluation measured it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from detection.described import described
from detection.errors import NotDescribed
from detection.pages import INDEX, MEASURED, measured_in, pages
from lakehouse.build import PROJECT

FOLDER = PROJECT.parent / "docs" / "scenarios"


def test_the_pages_are_current() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert committed == pages(described(PROJECT), measured_in(FOLDER)), (
        "docs/scenarios is not current: run python -m detection.pages docs/scenarios"
    )


def test_a_page_tells_all_there_is() -> None:
    (structuring,) = [each for each in described(PROJECT) if each.scenario_id == "structuring"]
    page = pages([structuring], measured_in(FOLDER))["structuring.md"]
    for told in (
        structuring.finds,
        structuring.why,
        structuring.innocent_twin,
        "structuring_fires_above_the_threshold",
        "31 CFR 1010.314",
        "| minimum_deposits | any | any | 3 | 2000-01-01 |",
        "| reporting_threshold | EU | any | 10000 | 2027-07-10 |",
        "| reporting_threshold | EU | any | 15000 | 2017-06-26 | 2027-07-09 |",
        "US, EU, IN, CA, AU.",
        "| points | any | any | 5 |",
    ):
        assert told in page
    # No event of the data set is cash.
    assert "| amlgentex | 0 | 0 | – | 0.0% | – | 0.0% |" in page


def test_links_lead_somewhere() -> None:
    for file in FOLDER.glob("*.md"):
        for target, _, part in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", file.read_text("utf-8"))):
            assert (FOLDER / target).is_file()
            headings = re.findall(r"^#+ (.+)$", (FOLDER / target).read_text("utf-8"), re.MULTILINE) if part else []
            assert not part or part in {heading.lower().replace(" ", "-") for heading in headings}


def test_without_an_evaluation_the_pages_say_so(tmp_path: Path) -> None:
    written = pages(described(PROJECT), measured_in(tmp_path))
    assert "Not measured yet." in written["cycle.md"]
    assert MEASURED not in written[INDEX]


@pytest.mark.parametrize("name", ["why", "innocent_twin"])
def test_a_scenario_without_the_words_is_named(name: str, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    entries = project / "models" / "marts" / "structuring" / "_structuring__models.yml"
    entries.write_text(entries.read_text(encoding="utf-8").replace(f"        {name}: >-", "        other: >-", 1))
    with pytest.raises(NotDescribed, match=f"scenario 'structuring' has no {name} under config.meta"):
        described(project)
