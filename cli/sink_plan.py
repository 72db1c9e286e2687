"""vigil sink plan: what a sink would do first."""

from __future__ import annotations

import dataclasses

import typer

from cli.console import AsJson, fail, print_json, print_rows, say
from cli.environment import ConfigFile, services_only
from cli.sink import Sets, Topics, configured
from local import environment
from sinks.plan import plan_sink


def plan(topic: Topics = None, settings: Sets = None, file: ConfigFile = None, as_json: AsJson = False) -> None:
    """Tell what a sink started now would do first, and change nothing. Exit 1 if it would refuse."""
    config = configured(topic, settings, file)
    with services_only(file) as found:
        # On a broker of this machine every command makes the topics of the contracts.
        planned = plan_sink(config, found, makes_topics=environment.kafka() is None)
    if as_json:
        print_json({**dataclasses.asdict(planned), "refusals": planned.refusals})
    else:
        say(f"brokers {planned.brokers}, cluster {planned.cluster_id}; catalog {planned.catalog}")
        if planned.lake_is == "created":
            say("the catalog holds no lake yet: it would be made")
        members = ", ".join(f"{each.name} on {each.host} ({len(each.partitions)})" for each in planned.members)
        say(f"group {planned.group}: {members or 'nobody'}")
        print_rows(
            (
                {
                    "topic": each.topic,
                    "is": each.topic_is,
                    "format": each.format,
                    "fields": each.fields,
                    "landing table": each.table,
                    "table is": each.table_is,
                    "changes": "; ".join(each.changes),
                }
                for each in planned.topics
            ),
            title="topics",
        )
        print_rows(
            (
                {"topic": each.topic, **dataclasses.asdict(part), "refused": "yes" if part.refused else ""}
                for each in planned.topics
                for part in each.partitions
            ),
            title="partitions",
        )
    for refusal in planned.refusals:
        fail(f"would refuse: {refusal}")
    if planned.refusals:
        raise typer.Exit(1)
