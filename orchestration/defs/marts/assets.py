"""Every dbt model as an asset: two steps, so that the marts' gate stands between the marts and what filings print."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from lakehouse import rewinds
from lakehouse.attach import connect
from lakehouse.build import manifest_file
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.marts.metadata import describe
from orchestration.defs.marts.project import TRANSLATOR, stream
from orchestration.progress import tell

# Two builds at once would advance each other's watermarks.
POOL = "dbt"
RPT = "fqn:vigil.rpt"
_manifest = manifest_file()


@dbt_assets(
    manifest=_manifest,
    name="marts",
    # With what hangs on it: a test that reads both sides runs when both are there.
    exclude=f"{RPT}+",
    dagster_dbt_translator=TRANSLATOR,
    pool=POOL,
)
def marts(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Seeds, staging, intermediate and marts, from one snapshot of landing."""
    yield from _build(context)
    pins.pin_here(context, pins.MARTS)


@dbt_assets(
    manifest=_manifest,
    name="rpt",
    select=RPT,
    dagster_dbt_translator=TRANSLATOR,
    pool=POOL,
)
def rpt(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """What filings print, from the marts of the same run."""
    yield from _build(context)
    pins.pin_here(context, pins.FILING)


def _build(context: dg.AssetExecutionContext) -> Iterator[Any]:
    pin = pins.pin_of_run(context, pins.BUILD)
    settings = Settings()
    # One connection for all tables: attaching takes longer than counting.
    with connect(settings, read_only=True) as connection:
        for each in rewinds.pending(connection, pin):
            models = ", ".join(each.models)
            tell(f"{each.topic} was landed again by {each.rewound_by} ({each.reason}); built anew: {models}")
        # Unit tests prove the SQL, not the data: 'make test' runs them.
        for event in stream(context, settings, pin, "build", "--exclude-resource-type", "unit_test"):
            if isinstance(event, dg.Output):
                key = context.asset_key_for_output(event.output_name)
                metadata = {"pin": pin, **describe(connection, key)}
                context.add_output_metadata(metadata, output_name=event.output_name)
                tell(f"dbt: {key.to_user_string()}, {metadata['dagster/row_count']:,} rows")
            elif isinstance(event, dg.AssetCheckResult) and not event.passed:
                tell(f"dbt test fails: {event.check_name} on {event.asset_key}")
            yield event
