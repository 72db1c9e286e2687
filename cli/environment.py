"""The services a command needs: used where they run, started for its length where they do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import contracts
from cli.console import progress
from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from local import services, topics

# Enough for several sinks side by side; the small topics share one batch anyway.
PARTITIONS = {"bank.transactions": 4}


@contextmanager
def lake(*, keep: bool = False, registry: bool = False) -> Iterator[Settings]:
    """Settings of a lake and a broker that answer, with every contract's topic and landing table in place.

    What had to be started is stopped on leaving the block, unless ``keep``. With ``registry`` a schema registry is
    started too. The environment is set for the processes
    below this one (dbt, Dagster, sinks).
    """
    home = Settings().home.resolve()
    with services.running(home, keep=keep, progress=progress, registry=registry) as found:
        former = dict(os.environ)
        os.environ.update(
            VIGIL_HOME=str(home), VIGIL_CATALOG=found.catalog, KAFKA_BOOTSTRAP_SERVERS=found.bootstrap_servers
        )
        settings = Settings()
        known = contracts.load()
        topics.ensure_topics(
            found.bootstrap_servers,
            {topic: PARTITIONS.get(topic, 1) for topic in known},
            # Events may be years old when they are sent; the broker's default would drop them before they land.
            {"retention.ms": "-1"},
        )
        with connect(settings) as connection:
            prepare(connection, known.values())
        try:
            yield settings
        finally:
            os.environ.clear()
            os.environ.update(former)
