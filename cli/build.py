"""vigil build: from what is on the topics to marts, through every gate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import AsJson, fail, print_json, print_rows, progress, say
from cli.environment import lake
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from orchestration.run import PipelineResult


class JobFailed(Exception):
    """A Dagster run failed, or a blocking gate stopped it."""


def build(
    full_refresh: Annotated[
        bool,
        typer.Option(
            "--full-refresh",
            help="Make every table anew from landing, but for the log of alerts and what was known and said of them.",
        ),
    ] = False,
    acts: Annotated[
        bool,
        typer.Option(
            "--acts", help="Fold only what officers and regulators did since; movements wait for the next whole build."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Land what is on the topics, pass the gates and build the marts, as runs that Dagster's pages show."""
    if acts and full_refresh:
        raise typer.BadParameter("--acts builds on the tables that are there; --full-refresh makes them anew")
    with lake() as settings:
        if full_refresh:
            # dbt's own name; Dagster's step passes no options on.
            os.environ["DBT_FULL_REFRESH"] = "true"
        results = [run_job(settings, job) for job in (("acts",) if acts else ("land", "build"))]
    if as_json:
        print_json(results)
        return
    for result in results:
        print_rows(({"step": step, "seconds": seconds} for step, seconds in result.seconds.items()), title=result.job)
    say(f"{results[-1].checks_passed} checks passed; snapshots read: {results[-1].pins}")


def run_job(settings: Settings, job: str) -> PipelineResult:
    """Run one of Dagster's jobs and wait for it.

    Raises:
        JobFailed: naming the steps that failed and the checks that did not pass.
    """
    # Dagster takes seconds to import; the other commands should not wait for it.
    from orchestration.run import run_pipeline

    result = run_pipeline(settings, job, progress)
    for check in result.checks_failed:
        if not check.blocking:
            fail(f"warning: {check.asset}: {check.name}: {check.description}")
    if not result.success:
        faults = [f"step {step}: {error.strip()}" for step, error in result.errors.items()]
        faults += [
            f"check {each.asset}: {each.name}: {each.description}" for each in result.checks_failed if each.blocking
        ]
        raise JobFailed(
            f"job {job} failed (run {result.run_id}); nothing behind the failure was built.\n"
            + "\n".join(faults)
            + "\n'vigil ui' shows the run."
        )
    return result
