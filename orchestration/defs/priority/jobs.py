"""The learned priority taught anew every month, by what officers have decided since."""

from datetime import UTC, datetime

import dagster as dg
import orjson

from detection.priority.outcomes import DECISIONS
from detection.priority.training import train
from lakehouse.settings import Settings
from orchestration.progress import tell


class TrainingConfig(dg.Config):
    """What ``vigil priority train`` takes."""

    labels: str = DECISIONS


@dg.op
def train_version(context: dg.OpExecutionContext, config: TrainingConfig) -> None:
    """Train a version and keep it as a challenger; a person promotes it."""
    trained = train(
        Settings(),
        config.labels,
        at=datetime.now(UTC).replace(tzinfo=None),
        by="job train_priority",
        progress=tell,
    )
    context.add_output_metadata(
        {
            "version": trained.version,
            "pin": trained.pin,
            "labels": trained.labels,
            "card": dg.MetadataValue.json(orjson.loads(orjson.dumps(trained.card))),
        }
    )


@dg.job(name="train_priority", executor_def=dg.in_process_executor)
def train_priority_job() -> None:
    """A new version of the learned priority, beside those that there are."""
    train_version()


train_every_month = dg.ScheduleDefinition(
    name="train_every_month",
    job=train_priority_job,
    cron_schedule="0 3 1 * *",
    execution_timezone="UTC",
    description="Learn from what was decided last month; nothing changes until somebody promotes the version.",
)
