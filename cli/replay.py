"""vigil replay: published data on the topics, as our events."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.console import AsJson, Ticker, print_json, print_rows, progress, say
from cli.environment import client, lake
from simulator.producer import produce
from simulator.replay_amlgentex import amlgentex
from simulator.replay_amlsim import amlsim
from simulator.replay_watchlists import watchlists


class Dataset(StrEnum):
    """What can be replayed."""

    amlgentex = "amlgentex"
    amlsim = "amlsim"
    watchlists = "watchlists"


_LOGS = {Dataset.amlgentex: amlgentex, Dataset.amlsim: amlsim}


def replay(
    dataset: Annotated[Dataset, typer.Argument(help="What to replay.")],
    rate: Annotated[float | None, typer.Option(min=0.1, help="At most so many events a second.")] = None,
    as_json: AsJson = False,
) -> None:
    """Produce a published transaction log, or the OFAC and UN lists, as events; the labels stay outside the topics.

    The files are looked for in the folder data/ of VIGIL_SHARED (default ../shared).
    """
    log = None if dataset is Dataset.watchlists else _LOGS[dataset]()
    batches = [watchlists()] if log is None else log.batches()
    with lake(make_topics=True) as settings:
        assert settings.kafka_bootstrap_servers is not None
        progress(f"replaying {dataset}")
        produced = produce(batches, settings.kafka_bootstrap_servers, rate, Ticker("produced"), client(settings))
        truth = log.write_truth(settings.home) if log else None
    records = log.summary if log else {}
    if as_json:
        print_json({"produced": produced, "records": records, "truth": truth})
        return
    print_rows(({"topic": topic, "produced": count} for topic, count in produced.items()), title="produced")
    if log:
        print_rows(({"record type": kind, **counted} for kind, counted in records.items()), title="records of the file")
        say(f"labels: {truth}")
