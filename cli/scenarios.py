"""vigil scenarios: what detection looks for, by which thresholds, and what came of it lately."""

from __future__ import annotations

import dataclasses

from cli.console import AsJson, print_json, print_rows, say
from cli.environment import lake
from detection.scenarios import EFFECT_DAYS, catalogue
from lakehouse.attach import connect

_COLUMNS = [
    *("scenario_id", "version", "name", "alerts", "subjects", "suppressed", "decided", "reported", "share_reported"),
    "source",
]


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios: version, source, parameters in force, and their effect in the last 30 days of event time.

    share_reported is the share of the decided alerts whose cases became reports.
    """
    with lake() as settings, connect(settings, read_only=True) as connection:
        found = catalogue(connection)
    if as_json:
        print_json(found)
        return
    say(f"last day of event time: {found.last_day or 'nothing moved yet'}; effect over {EFFECT_DAYS} days up to it")
    print_rows(found.scenarios, title="scenarios", columns=_COLUMNS)
    print_rows(
        (
            {"scenario": scenario.scenario_id, "version": scenario.version, **dataclasses.asdict(parameter)}
            for scenario in found.scenarios
            for parameter in scenario.parameters
        ),
        title="parameters in force",
    )
