"""The services a command needs: used where they run, started for its length where they do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import contracts
from cli.console import progress
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from local import environment, services, topics
from sinks import configured, connection_settings

# Enough for several sinks side by side; the small topics share one batch anyway.
PARTITIONS = {"bank.transactions": 4}


ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="File of the sinks' settings, one 'name: value' a line.", metavar="FILE")
]


def settings_with(file: Path | None) -> Settings:
    """The environment's settings, with ``file`` as the file of the sinks' if it is given."""
    settings = Settings()
    return settings.model_copy(update={"sink_file": file}) if file else settings


def client(settings: Settings) -> dict[str, Any]:
    """The librdkafka settings by which the brokers are reached.

    Raises:
        SinkMisconfigured: naming every wrong setting.
    """
    return connection_settings(configured(settings).kafka)


@contextmanager
def services_only(file: Path | None) -> Iterator[Settings]:
    """Settings of a catalog and brokers that answer, in which nothing is made: for a command that only looks."""
    home = Settings().home.resolve()
    with services.running(home, progress=progress) as found:
        reached = {"home": home, "catalog": found.catalog, "kafka_bootstrap_servers": found.bootstrap_servers}
        yield settings_with(file).model_copy(update=reached)


@contextmanager
def lake(
    *, keep: bool = False, registry: bool = False, file: Path | None = None, make_topics: bool = False
) -> Iterator[Settings]:
    """Settings of a lake and a broker that answer, with every contract's landing table in place.

    So is its topic, on a broker of this machine; on one that the environment names only with ``make_topics``. ``file``
    holds the sinks' settings. What had to be started is stopped on leaving the block, unless ``keep``. With
    ``registry`` a schema registry is started too. The environment is set for the processes below this one (dbt,
    Dagster, sinks).
    """
    home = Settings().home.resolve()
    make_topics = make_topics or environment.kafka() is None
    reach = client(settings_with(file)) if make_topics else {}
    with services.running(home, keep=keep, progress=progress, registry=registry) as found:
        former = dict(os.environ)
        os.environ.update(
            VIGIL_HOME=str(home), VIGIL_CATALOG=found.catalog, KAFKA_BOOTSTRAP_SERVERS=found.bootstrap_servers
        )
        if file:
            os.environ["VIGIL_SINK_FILE"] = str(file.resolve())
        settings = Settings()
        known = contracts.load()
        if make_topics:
            topics.ensure_topics(
                found.bootstrap_servers,
                {topic: PARTITIONS.get(topic, 1) for topic in known},
                # Events may be years old when they are sent; the broker's default would drop them before they land.
                {"retention.ms": "-1"},
                reach,
            )
        with connect(settings) as connection:
            prepare(connection, known.values())
        try:
            yield settings
        finally:
            os.environ.clear()
            os.environ.update(former)
