"""Run a job and wait for it, as the command line does: Dagster's own run, so that `vigil ui` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass

import dagster as dg
from dagster._core.events import RunFailureReason
from dagster._core.execution.stats import RunStepKeyStatsSnapshot

from lakehouse.settings import Settings
from orchestration.environment import environment
from orchestration.instance import open_instance, prepare
from orchestration.progress import Progress, listening

JOBS = ("land", "seal", "build", "acts", "answers", "file", "pipeline")
# By this tag a job's page finds its runs, as it finds those that the web server started.
_LOCATION = {".dagster/repository": "__repository__@orchestration.definitions"}


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass: ``blocking`` is False where the run went on, however grave it is."""

    asset: str
    name: str
    blocking: bool
    description: str


@dataclass(frozen=True)
class PipelineResult:
    """What a run did.

    ``seconds`` by step, in the order they ran; ``materialised`` by asset, with the metadata that are numbers or text;
    ``errors`` by step that failed. ``pins`` are the snapshots it read, by tag.
    """

    job: str
    run_id: str
    success: bool
    seconds: dict[str, float]
    materialised: dict[str, dict[str, str | int | float]]
    checks_passed: int
    checks_failed: tuple[FailedCheck, ...]
    errors: dict[str, str]
    pins: dict[str, int]


def run_pipeline(settings: Settings, job: str = "pipeline", progress: Progress = lambda _: None) -> PipelineResult:
    """Run ``job`` (one of ``JOBS``) in this process; a run that fails is a result, not an exception.

    ``progress`` gets a line a step and whatever the steps tell.

    Raises:
        ValueError: there is no such job.
        KeyboardInterrupt: the run was interrupted; Dagster has it as failed.
    """
    if job not in JOBS:
        raise ValueError(f"there is no job {job!r}; jobs: {', '.join(JOBS)}")
    log = prepare(settings) / "logs" / f"{job}.log"
    log.parent.mkdir(exist_ok=True)
    # dbt's lines come on standard output, which belongs to the caller.
    with environment(settings), listening(progress), log.open("a") as out, redirect_stdout(out):
        # Imported late: reading the graph may have to run dbt first, in this environment.
        from orchestration.definitions import defs

        with open_instance(settings) as instance:
            executed = defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                raise_on_error=False,
                tags=_LOCATION,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            if any(_is_interruption(event) for event in executed.all_events):
                raise KeyboardInterrupt
            run = instance.get_run_by_id(executed.run_id)
            assert run is not None
            return _result(job, executed, instance.get_run_step_stats(run.run_id), run.tags)


def _is_interruption(event: dg.DagsterEvent) -> bool:
    return event.is_job_failure and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION


def _result(
    job: str, executed: dg.ExecuteInProcessResult, steps: Sequence[RunStepKeyStatsSnapshot], tags: Mapping[str, str]
) -> PipelineResult:
    materialised: dict[str, dict[str, str | int | float]] = {}
    passed = 0
    failed: list[FailedCheck] = []
    errors: dict[str, str] = {}
    for event in executed.all_events:
        if event.is_step_failure and event.step_key:
            errors[event.step_key] = event.step_failure_data.error_display_string
        if event.is_step_materialization and event.asset_key:
            materialised[event.asset_key.to_user_string()] = {
                name: entry.value
                for name, entry in event.step_materialization_data.materialization.metadata.items()
                if isinstance(entry.value, str | int | float)
            }
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if check.passed:
                passed += 1
            else:
                failed.append(
                    FailedCheck(
                        asset=check.asset_key.to_user_string(),
                        name=check.check_name,
                        blocking=check.severity is dg.AssetCheckSeverity.ERROR and check.blocking is not False,
                        description=check.description or "",
                    )
                )
    return PipelineResult(
        job=job,
        run_id=executed.run_id,
        success=executed.success,
        seconds={
            step.step_key: round(step.end_time - step.start_time, 3)
            for step in sorted(steps, key=lambda step: step.start_time or 0.0)
            if step.start_time and step.end_time
        },
        materialised=materialised,
        checks_passed=passed,
        checks_failed=tuple(failed),
        errors=errors,
        pins={name: int(value) for name, value in tags.items() if name.startswith("vigil/")},
    )
