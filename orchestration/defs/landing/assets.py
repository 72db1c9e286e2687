"""Landing tables: one step catches up with the broker for all topics at once, exactly once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import duckdb

import contracts
from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.topics.assets import topic_key
from orchestration.progress import teller
from sinks import Event, SinkConfig, Step, configured, lag, run_until_caught_up

# Two catch-ups at once would only take partitions from each other.
POOL = "sink"
FRESH = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=1), fail_window=timedelta(hours=24))


def landing_key(contract: contracts.Contract) -> dg.AssetKey:
    """The asset of a topic's landing table."""
    return dg.AssetKey(["landing", contract.table])


@dg.multi_asset(
    name="landing",
    specs=[
        dg.AssetSpec(
            landing_key(contract),
            deps=[topic_key(contract.topic)],
            description=f"Topic {contract.topic} as it landed, append only. One row an event.",
            group_name="landing",
            kinds={"kafka", "ducklake"},
            freshness_policy=FRESH,
        )
        for contract in contracts.load().values()
    ],
    can_subset=True,
    pool=POOL,
)
def landing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    """Land what the topics hold now."""
    settings = Settings()
    chosen = [each for each in contracts.load().values() if landing_key(each) in context.selected_asset_keys]
    config = _config(settings, tuple(contract.topic for contract in chosen))
    landed = 0
    # The sink's threads observe.
    tell = teller()

    def observe(event: Event) -> None:
        nonlocal landed
        if event.step is Step.COMMITTED:
            landed += sum(counts.rows for counts in event.counts.values())
            tell(f"landing: {landed:,} events")

    result = run_until_caught_up(config, settings, observe=observe)
    behind = _behind(config, settings)
    with connect(settings, read_only=True) as connection:
        for contract in chosen:
            landed_of = result.topics[contract.topic]
            yield dg.MaterializeResult(
                asset_key=landing_key(contract),
                metadata={
                    "landed": landed_of.counts.rows,
                    "dead letters": landed_of.counts.dead_letters,
                    "holes": landed_of.counts.holes,
                    "batches": landed_of.batches,
                    "offsets behind": behind[contract.topic],
                    "dagster/row_count": _rows(connection, contract),
                },
            )


def _config(settings: Settings, topics: tuple[str, ...]) -> SinkConfig:
    """The sinks' settings, less what belongs to a sink that runs all day beside this one: its port, and its place."""
    config = configured(settings, {"topics": topics})
    kafka = {name: value for name, value in config.kafka.items() if name != "group.instance.id"}
    return config.model_copy(update={"metrics_port": None, "kafka": kafka})


def _behind(config: SinkConfig, settings: Settings) -> dict[str, int]:
    """Offsets between each topic's ends on the broker and the ledger, after landing."""
    behind = dict.fromkeys(config.topics, 0)
    for each in lag(settings, config.topics, kafka=config.kafka):
        behind[each.topic] += each.lag
    return behind


def _rows(connection: duckdb.DuckDBPyConnection, contract: contracts.Contract) -> int:
    ((rows,),) = connection.table(f"lake.landing.{contract.table}").count("*").fetchall()
    return int(rows)
